//! The table of conversions between element types.

use super::Map;
use super::lanes::one;
use crate::dtype::DType;
use std::ptr;

unsafe fn copy<T>(out: *mut u8, a: *const u8, _b: *const u8, _c: *const u8, n: usize) {
    // SAFETY: the caller promises `n` elements at both; `copy` allows them to be the same.
    unsafe { ptr::copy(a.cast::<T>(), out.cast::<T>(), n) }
}

/// From a number; conversions to integers truncate and saturate, of integers to narrower ones wrap.
macro_rules! from_number {
    ($from:ident, $to:expr, $zero:literal) => {
        match $to {
            DType::Float32 => one!($from => f32, false, |x| x as f32),
            DType::Float64 => one!($from => f64, false, |x| x as f64),
            DType::Int32 => one!($from => i32, false, |x| x as i32),
            DType::Int64 => one!($from => i64, false, |x| x as i64),
            DType::Uint8 => one!($from => u8, false, |x| x as u8),
            DType::Bool => one!($from => u8, false, |x| u8::from(x != $zero)),
        }
    };
}

/// The loop that converts elements.
pub fn cast(from: DType, to: DType) -> Map {
    if from == to {
        return match from.size() {
            1 => copy::<u8>,
            4 => copy::<u32>,
            _ => copy::<u64>,
        };
    }
    match from {
        DType::Float32 => from_number!(f32, to, 0.0),
        DType::Float64 => from_number!(f64, to, 0.0),
        DType::Int32 => from_number!(i32, to, 0),
        DType::Int64 => from_number!(i64, to, 0),
        DType::Uint8 | DType::Bool => from_number!(u8, to, 0),
    }
}
