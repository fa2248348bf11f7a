//! Operations that burn lacks: down to the host, computed there, and up again.

use super::Value;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::data::{Array, ArrayMut, Kernel};
use crate::kernels::map::{self, Unary};
use crate::shape::Spec;
use std::cmp::Ordering;

/// Bytes on an address that suits every element type.
struct Aligned {
    words: Vec<u64>,
    length: usize,
}

#[allow(unsafe_code)]
impl Aligned {
    fn zeros(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(8)], length }
    }

    fn copy(bytes: &[u8]) -> Self {
        let mut aligned = Self::zeros(bytes.len());
        aligned.bytes_mut().copy_from_slice(bytes);
        aligned
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: `words` holds at least `length` initialized bytes, and any bit pattern is a u8.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and the borrow is exclusive; any bytes make valid words.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.length) }
    }
}

/// Refuses to cut a tape in silence: what is computed on the host has no gradient.
fn untaped(inputs: &[&Value], output: DType) -> Result<()> {
    if output.is_float() && inputs.iter().any(|input| input.tracked()) {
        return Err(Error::internal("An operation computed on the host has no gradient on the tape"));
    }
    Ok(())
}

/// Run one of our own kernels; the result is on the first input's device, else on the default one.
///
/// # Errors
/// What the kernel says of the inputs' values.
pub fn host(kernel: &dyn Kernel, inputs: &[&Value], output: &Spec) -> Result<Value> {
    untaped(inputs, output.dtype)?;
    let device = inputs.first().map(|input| input.device()).unwrap_or_default();
    let memory = inputs.iter().map(|input| Ok(Aligned::copy(&input.download()?))).collect::<Result<Vec<_>>>()?;
    let arrays: Vec<_> = inputs
        .iter()
        .zip(&memory)
        .map(|(input, memory)| Array { bytes: memory.bytes(), shape: input.dims(), dtype: input.dtype() })
        .collect();
    let mut result = Aligned::zeros(output.bytes());
    let mut target = ArrayMut { bytes: result.bytes_mut(), shape: output.shape.dims(), dtype: output.dtype };
    kernel.run(&arrays, &mut target).map_err(Error::value)?;
    Value::upload(result.bytes(), output, &device)
}

/// A function of one element, by our own loop for it.
#[allow(unsafe_code)]
pub(super) fn unary(op: Unary, x: &Value) -> Result<Value> {
    let spec = Spec::new(x.shape().clone(), op.gives(x.dtype()));
    untaped(&[x], spec.dtype)?;
    let Some(function) = map::unary(op, x.dtype()) else {
        return Err(Error::internal(format!("{} has no loop for {}", op.name(), x.dtype())));
    };
    let input = Aligned::copy(&x.download()?);
    let mut result = Aligned::zeros(spec.bytes());
    let (out, from) = (result.bytes_mut().as_mut_ptr(), input.bytes().as_ptr());
    // SAFETY: both hold as many aligned elements of the loop's types as the shape counts.
    unsafe { function(out, from, std::ptr::null(), std::ptr::null(), spec.shape.count()) };
    Value::upload(result.bytes(), &spec, &x.device())
}

/// A function of two integers, for inputs of one shape; a result out of range wraps.
pub(super) fn integers(f: fn(i64, i64) -> i64, a: &Value, b: &Value) -> Result<Value> {
    let (left, right) = (a.download()?, b.download()?);
    let bytes = match a.dtype() {
        DType::Int32 => zip(&left, &right, |x: i32, y: i32| f(x.into(), y.into()) as i32),
        DType::Int64 => zip(&left, &right, f),
        DType::Uint8 => zip(&left, &right, |x: u8, y: u8| f(x.into(), y.into()) as u8),
        DType::Float32 | DType::Float64 | DType::Bool => {
            return Err(Error::internal(format!("{} is no integer", a.dtype())));
        }
    };
    Value::upload(&bytes, a.spec(), &a.device())
}

/// The float after `a` on the way to `b`, for inputs of one shape.
pub(super) fn next_after(a: &Value, b: &Value) -> Result<Value> {
    untaped(&[a, b], a.dtype())?;
    let (left, right) = (a.download()?, b.download()?);
    let bytes = if a.dtype() == DType::Float32 {
        zip(&left, &right, libm::nextafterf)
    } else {
        zip(&left, &right, libm::nextafter)
    };
    Value::upload(&bytes, a.spec(), &a.device())
}

fn zip<T: Plain>(left: &[u8], right: &[u8], f: impl Fn(T, T) -> T) -> Vec<u8> {
    let pairs = T::read(left).into_iter().zip(T::read(right));
    T::write(&pairs.map(|(a, b)| f(a, b)).collect::<Vec<_>>())
}

/// The positions along `axis` in the order of their elements; equal ones keep theirs, and a NaN is
/// greater than any number.
pub(super) fn argsort(x: &Value, axis: usize, descending: bool) -> Result<Value> {
    let (dims, bytes) = (x.dims(), x.download()?);
    let order = match x.dtype() {
        DType::Float32 => order(&f32::read(&bytes), dims, axis, descending),
        DType::Float64 => order(&f64::read(&bytes), dims, axis, descending),
        DType::Int32 => order(&i32::read(&bytes), dims, axis, descending),
        DType::Int64 => order(&i64::read(&bytes), dims, axis, descending),
        DType::Uint8 | DType::Bool => order(&bytes, dims, axis, descending),
    };
    let spec = Spec::new(x.shape().clone(), DType::Int32);
    Value::upload(&i32::write(&order), &spec, &x.device())
}

fn order<T: Plain + PartialOrd>(elements: &[T], dims: &[usize], axis: usize, descending: bool) -> Vec<i32> {
    let (length, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>());
    let mut result = vec![0; elements.len()];
    let mut row: Vec<usize> = Vec::with_capacity(length);
    for start in (0..elements.len()).filter(|i| i / inner % length == 0) {
        let at = |position: usize| elements[start + position * inner];
        row.clear();
        row.extend(0..length);
        row.sort_by(|&i, &j| {
            let (a, b) = (at(i), at(j));
            let ascending = a.partial_cmp(&b).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b)));
            if descending { ascending.reverse() } else { ascending }
        });
        for (place, &position) in row.iter().enumerate() {
            result[start + place * inner] = position as i32;
        }
    }
    result
}

fn is_nan<T: PartialOrd + Copy>(element: T) -> bool {
    element.partial_cmp(&element) != Some(Ordering::Equal)
}

/// An element type and its bytes.
pub(super) trait Plain: Copy {
    fn read(bytes: &[u8]) -> Vec<Self>;
    fn write(elements: &[Self]) -> Vec<u8>;
}

macro_rules! plain {
    ($($element:ty)+) => {
        $(impl Plain for $element {
            fn read(bytes: &[u8]) -> Vec<Self> {
                let (chunks, _) = bytes.as_chunks();
                chunks.iter().map(|&chunk| <$element>::from_le_bytes(chunk)).collect()
            }

            fn write(elements: &[Self]) -> Vec<u8> {
                elements.iter().map(|element| element.to_le_bytes()).collect::<Vec<_>>().into_flattened()
            }
        })+
    };
}

plain!(f32 f64 i32 i64 u8);

#[cfg(test)]
mod tests {
    use super::super::testing::{devices, floats, numbers};
    use super::*;

    #[derive(Debug)]
    struct Sum;

    impl Kernel for Sum {
        fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> std::result::Result<(), String> {
            let sum: f32 = f32::read(inputs[0].bytes).iter().sum();
            if sum < 0.0 {
                return Err(format!("a sum below zero. Received: {sum}"));
            }
            output.bytes.copy_from_slice(&sum.to_le_bytes());
            Ok(())
        }
    }

    #[test]
    fn kernels_run_on_every_device() {
        for device in devices() {
            let spec = Spec::new(vec![], DType::Float32);
            let sum = host(&Sum, &[&floats(&[1.0, 2.5], &[2], device)], &spec).unwrap();
            assert_eq!((numbers(&sum), sum.device()), (vec![3.5], device));
            let error = host(&Sum, &[&floats(&[-1.0], &[1], device)], &spec).unwrap_err();
            assert_eq!(error, Error::value("a sum below zero. Received: -1"));
            let leaf = floats(&[1.0], &[1], device).leaf().unwrap();
            assert!(host(&Sum, &[&leaf], &spec).is_err());
        }
    }
}
