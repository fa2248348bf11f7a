//! What the tests of this folder share.

use super::host::Plain;
use super::{Value, backward, binary, fold};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels::map::{Binary, Fold};
use crate::shape::Spec;

pub(super) fn devices() -> Vec<Device> {
    Device::built()
}

/// The array of these numbers, cast to `dtype`.
pub(super) fn values(numbers: &[f64], shape: &[usize], dtype: DType, device: Device) -> Value {
    macro_rules! bytes {
        ($element:ty) => {
            <$element>::write(&numbers.iter().map(|&number| number as $element).collect::<Vec<_>>())
        };
    }
    let bytes = match dtype {
        DType::Float32 => bytes!(f32),
        DType::Float64 => bytes!(f64),
        DType::Int32 => bytes!(i32),
        DType::Int64 => bytes!(i64),
        DType::Uint8 | DType::Bool => bytes!(u8),
    };
    Value::upload(&bytes, &Spec::new(shape, dtype), &device).unwrap()
}

pub(super) fn floats(numbers: &[f64], shape: &[usize], device: Device) -> Value {
    values(numbers, shape, DType::Float32, device)
}

/// `0, 1, 2, ..` in that shape.
pub(super) fn range(shape: &[usize], dtype: DType, device: Device) -> Value {
    let count: usize = shape.iter().product();
    values(&(0..count).map(|i| i as f64).collect::<Vec<_>>(), shape, dtype, device)
}

/// The elements, whatever their type.
pub(super) fn numbers(value: &Value) -> Vec<f64> {
    let bytes = value.download().unwrap();
    assert_eq!(bytes.len(), value.spec().bytes(), "{:?}", value.spec());
    match value.dtype() {
        DType::Float32 => f32::read(&bytes).into_iter().map(f64::from).collect(),
        DType::Float64 => f64::read(&bytes),
        DType::Int32 => i32::read(&bytes).into_iter().map(f64::from).collect(),
        DType::Int64 => i64::read(&bytes).into_iter().map(|x| x as f64).collect(),
        DType::Uint8 | DType::Bool => bytes.into_iter().map(f64::from).collect(),
    }
}

pub(super) fn close(name: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{name}");
    for (i, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
        let same = found.to_bits() == wanted.to_bits() || (found.is_nan() && wanted.is_nan());
        let near = (found - wanted).abs() <= tolerance * wanted.abs().max(1.0);
        assert!(same || near, "{name}[{i}]: found {found}, wanted {wanted}");
    }
}

/// burn's gradients of a weighted sum of `f`, in float64, against quotients of differences.
pub(super) fn check_gradient(name: &str, device: Device, inputs: &[&[f64]], f: impl Fn(&[Value]) -> Result<Value>) {
    let flat: Vec<_> = inputs.iter().map(|numbers| values(numbers, &[numbers.len()], DType::Float64, device)).collect();
    let loss = |inputs: &[Value]| {
        let y = f(inputs).unwrap();
        let count = y.shape().count();
        let weights: Vec<_> = (0..count).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
        let weights = values(&weights, y.shape().dims(), DType::Float64, device);
        let axes: Vec<_> = (0..y.shape().rank()).collect();
        fold(Fold::Sum, &binary(Binary::Mul, &y, &weights).unwrap(), &axes, false).unwrap()
    };
    let leaves: Vec<_> = flat.iter().map(|x| x.leaf().unwrap()).collect();
    let gradients = backward(&loss(&leaves)).unwrap();
    for (which, input) in inputs.iter().enumerate() {
        let found = gradients.gradient(&leaves[which]).map_or(vec![0.0; input.len()], |g| numbers(&g));
        let wanted: Vec<_> = (0..input.len())
            .map(|i| {
                let at = |step: f64| {
                    let mut moved = flat.clone();
                    let mut numbers = input.to_vec();
                    numbers[i] += step;
                    moved[which] = values(&numbers, &[numbers.len()], DType::Float64, device);
                    numbers_of(&loss(&moved))
                };
                (at(1e-5) - at(-1e-5)) / 2e-5
            })
            .collect();
        close(&format!("{name}, gradient {which} on {device}"), &found, &wanted, 1e-5);
    }
}

fn numbers_of(value: &Value) -> f64 {
    numbers(value)[0]
}
