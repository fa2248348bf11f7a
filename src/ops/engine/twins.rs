//! The processor's element-wise loops against this engine, where functions have their edges.

use super::testing::{close, devices, numbers, values};
use super::{Value, binary, cast, unary};
use crate::dtype::DType;
use crate::kernels::map::{self, Binary, Map, Scalars, Unary};
use crate::shape::Spec;

const FLOATS: [f64; 16] = [
    f64::NEG_INFINITY,
    -1e30,
    -90.0,
    -2.5,
    -1.0,
    -0.5,
    -1e-3,
    0.0,
    1e-8,
    0.5,
    1.0,
    2.0,
    3.5,
    80.0,
    f64::INFINITY,
    f64::NAN,
];
const INTEGERS: [f64; 10] = [-2147483648.0, -100.0, -7.0, -1.0, 0.0, 1.0, 2.0, 9.0, 33.0, 2147483647.0];
const BYTES: [f64; 6] = [0.0, 1.0, 2.0, 7.0, 100.0, 255.0];

fn sample(dtype: DType) -> &'static [f64] {
    match dtype {
        DType::Float32 | DType::Float64 => &FLOATS,
        DType::Int32 | DType::Int64 => &INTEGERS,
        DType::Uint8 => &BYTES,
        DType::Bool => &[0.0, 1.0],
    }
}

/// What a loop makes of the inputs' bytes.
#[allow(unsafe_code)]
fn looped(function: Map, inputs: &[&Value], dtype: DType) -> Vec<f64> {
    let count = inputs[0].shape().count();
    // Words, so that the bytes suit every element type.
    let memory: Vec<Vec<u64>> = inputs
        .iter()
        .map(|input| {
            let mut bytes = input.download().unwrap();
            bytes.resize(count * 8, 0);
            bytes.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word)).collect()
        })
        .collect();
    let mut result = vec![0u64; count];
    let at = |i: usize| memory.get(i).map_or(std::ptr::null(), |words: &Vec<u64>| words.as_ptr().cast::<u8>());
    // SAFETY: every array holds `count` elements of at most 8 bytes.
    unsafe { function(result.as_mut_ptr().cast(), at(0), at(1), at(2), count) };
    let spec = Spec::new(vec![count], dtype);
    let bytes: Vec<u8> = result.into_iter().flat_map(u64::to_le_bytes).take(spec.bytes()).collect();
    numbers(&Value::upload(&bytes, &spec, &inputs[0].device()).unwrap())
}

fn tolerance(dtype: DType) -> f64 {
    if dtype == DType::Float64 { 1e-9 } else { 3e-6 }
}

#[test]
fn functions_of_one_element() {
    for device in devices() {
        for dtype in DType::ALL {
            for &op in Unary::ALL.iter().filter(|op| op.takes(dtype)) {
                let x = values(sample(dtype), &[sample(dtype).len()], dtype, device);
                let found = looped(map::unary(op, dtype).unwrap(), &[&x], op.gives(dtype));
                let wanted = numbers(&unary(op, &x).unwrap());
                close(&format!("{} of {dtype} on {device}", op.name()), &found, &wanted, tolerance(dtype));
            }
        }
    }
}

#[test]
fn functions_of_two_elements() {
    for device in devices() {
        for dtype in DType::ALL {
            for &op in Binary::ALL.iter().filter(|op| op.takes(dtype)) {
                let numbers_of = sample(dtype);
                let count = numbers_of.len();
                let left: Vec<_> = (0..count * count).map(|i| numbers_of[i / count]).collect();
                let right: Vec<_> = (0..count * count).map(|i| numbers_of[i % count]).collect();
                let a = values(&left, &[count * count], dtype, device);
                let b = values(&right, &[count * count], dtype, device);
                let function = map::binary(op, dtype, Scalars::None).unwrap();
                let found = looped(function, &[&a, &b], op.gives(dtype));
                let wanted = numbers(&binary(op, &a, &b).unwrap());
                close(&format!("{} of {dtype} on {device}", op.name()), &found, &wanted, tolerance(dtype));
            }
        }
    }
}

#[test]
fn conversions() {
    for device in devices() {
        for from in DType::ALL {
            for to in DType::ALL {
                let x = values(sample(from), &[sample(from).len()], from, device);
                let found = looped(map::cast(from, to), &[&x], to);
                let wanted = numbers(&cast(&x, to).unwrap());
                close(&format!("{from} to {to} on {device}"), &found, &wanted, 0.0);
            }
        }
    }
}
