//! The processor's loops and kernels against this engine, where they have their edges.

use super::testing::{close, devices, numbers, values};
use super::{
    Value, arg, argsort, binary, cast, concatenate, cumulative, fold, host, pad, scatter, select, sort, take, unary,
};
use crate::device::Device;
use crate::dtype::DType;
use crate::kernels::data::Kernel;
use crate::kernels::index::{self, Mode};
use crate::kernels::map::{self, Binary, Fold, FoldMap, Map, Scalars, Unary};
use crate::kernels::{arg as arguments, pad as padding, scan, sort as sorting};
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
const INTEGERS: [f64; 10] = [-2_147_483_648.0, -100.0, -7.0, -1.0, 0.0, 1.0, 2.0, 9.0, 33.0, 2_147_483_647.0];
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

#[test]
fn choices() {
    for device in devices() {
        for dtype in DType::ALL {
            let count = sample(dtype).len();
            let mask: Vec<_> = (0..count).map(|i| (i % 3 % 2) as f64).collect();
            let reversed: Vec<_> = sample(dtype).iter().rev().copied().collect();
            let mask = values(&mask, &[count], DType::Bool, device);
            let (a, b) = (values(sample(dtype), &[count], dtype, device), values(&reversed, &[count], dtype, device));
            let found = looped(map::select(dtype), &[&mask, &a, &b], dtype);
            close("where", &found, &numbers(&select(&mask, &a, &b).unwrap()), 0.0);
        }
    }
}

/// Small numbers in no order, with repetitions, that every type holds.
fn mixed(shape: &[usize], dtype: DType, device: Device) -> Value {
    let count: usize = shape.iter().product();
    let limit = if dtype == DType::Bool { 2 } else { 11 };
    let numbers: Vec<_> = (0..count).map(|i| (i * i * 7 % 23 % limit) as f64).collect();
    values(&numbers, shape, dtype, device)
}

fn same(kernel: &dyn Kernel, inputs: &[&Value], wanted: &Value) {
    let found = host(kernel, inputs, wanted.spec()).unwrap();
    let name = format!("{kernel:?} of {} on {}", inputs[0].dtype(), wanted.device());
    close(&name, &numbers(&found), &numbers(wanted), 1e-6);
}

#[test]
#[allow(unsafe_code)]
fn folds() {
    for device in devices() {
        for dtype in DType::ALL {
            for op in [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min] {
                if dtype == DType::Bool && matches!(op, Fold::Sum | Fold::Prod) {
                    continue;
                }
                for count in [1, 7, 64, 1000] {
                    let limit = if op == Fold::Prod { 2 } else { 1000 };
                    let x = mixed(&[count.min(limit)], dtype, device);
                    let function: FoldMap = map::fold(op, dtype);
                    let mut total = u64::from_le_bytes(map::identity(op, dtype));
                    let mut bytes = x.download().unwrap();
                    bytes.resize(count * 8, 0);
                    let words: Vec<_> = bytes.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word)).collect();
                    // SAFETY: the array holds that many elements of at most 8 bytes, the total one.
                    unsafe { function((&raw mut total).cast(), words.as_ptr().cast(), x.shape().count()) };
                    let spec = Spec::new(vec![], dtype);
                    let found = Value::upload(&total.to_le_bytes()[..dtype.size()], &spec, &device).unwrap();
                    let wanted = fold(op, &x, &[0], false).unwrap();
                    close(op.name(), &numbers(&found), &numbers(&wanted), 1e-6);
                }
            }
        }
    }
}

#[test]
fn kernels_along_axes() {
    for device in devices() {
        for dtype in DType::ALL {
            for shape in [&[6][..], &[1, 5], &[40, 3], &[3, 70], &[2, 17, 4]] {
                let x = mixed(shape, dtype, device);
                for axis in 0..shape.len() {
                    for flag in [false, true] {
                        let wanted = arg(&x, axis, flag).unwrap();
                        same(&arguments::ArgReduce { axis, max: flag }, &[&x], &wanted);
                        let wanted = sort(&x, axis, flag).unwrap();
                        same(&sorting::Sort { axis, descending: flag }, &[&x], &wanted);
                        let wanted = argsort(&x, axis, flag).unwrap();
                        same(&sorting::ArgSort { axis, descending: flag }, &[&x], &wanted);
                        if dtype != DType::Bool {
                            let wanted = cumulative(&x, axis, false, flag).unwrap();
                            same(&scan::Cumulative { axis, product: false, reverse: flag }, &[&x], &wanted);
                        }
                    }
                    let wanted = concatenate(&[&x, &x], axis).unwrap();
                    same(&padding::Concatenate { axis }, &[&x, &x], &wanted);
                }
            }
        }
    }
}

#[test]
fn kernels_that_index() {
    for device in devices() {
        for dtype in DType::ALL {
            let x = mixed(&[5, 4], dtype, device);
            for at in [DType::Int32, DType::Int64] {
                let rows = values(&[3.0, 0.0, 3.0, 3.0, 1.0, 0.0], &[2, 3], at, device);
                for axis in 0..2 {
                    same(&index::Take { axis }, &[&x, &rows], &take(&x, &rows, axis).unwrap());
                }
                let rows = values(&[3.0, 0.0, 3.0, 4.0], &[4], at, device);
                let updates = mixed(&[4, 4], dtype, device);
                for mode in [Mode::Set, Mode::Add, Mode::Max, Mode::Min, Mode::Mul] {
                    if dtype != DType::Bool || mode == Mode::Set {
                        let wanted = scatter(mode, &x, &rows, &updates).unwrap();
                        same(&index::Scatter { mode }, &[&x, &rows, &updates], &wanted);
                    }
                }
            }
            let one = values(&[1.0], &[], dtype, device);
            let (low, high, interior) = (vec![1, 0], vec![0, 2], vec![2, 1]);
            let wanted = pad(&x, &one, &low, &high, &interior).unwrap();
            same(&padding::Pad { low, high, interior }, &[&x, &one], &wanted);
        }
    }
}
