//! The table of conversions between element types.

use super::Map;
use super::lanes::one;
use crate::dtype::DType;
use std::ptr;

unsafe fn copy<T>(out: *mut u8, a: *const u8, _b: *const u8, _c: *const u8, n: usize) {
    // SAFETY: the caller promises `n` elements at both; `copy` allows them to be the same.
    unsafe { ptr::copy(a.cast::<T>(), out.cast::<T>(), n) }
}

macro_rules! from_integer {
    ($from:ident, $to:expr) => {
        match $to {
            DType::Float32 => one!($from => f32, false, |x| x as f32),
            DType::Float64 => one!($from => f64, false, |x| x as f64),
            DType::Int32 => one!($from => i32, false, |x| x as i32),
            DType::Int64 => one!($from => i64, false, |x| x as i64),
            DType::Uint8 => one!($from => u8, false, |x| x as u8),
            DType::Bool => one!($from => u8, false, |x| u8::from(x != 0)),
        }
    };
}

/// A conversion that truncates and saturates, with NaN as 0, in a form that is vectorized: `as` is not.
trait Truncate<To> {
    fn truncate(self) -> To;
}

macro_rules! truncate {
    ($($from:ident => $to:ident via $through:ident),+ $(,)?) => {
        $(impl Truncate<$to> for $from {
            #[inline(always)]
            fn truncate(self) -> $to {
                // Powers of two, so exact.
                const LOW: $from = $to::MIN as $from;
                const END: $from = ($to::MAX / 2 + 1) as $from * 2.0;
                let inside = if (LOW..END).contains(&self) { self } else { 0.0 };
                // SAFETY: the value is in range.
                let whole = unsafe { inside.to_int_unchecked::<$through>() } as $to;
                let low = if self < LOW { $to::MIN } else { whole };
                if self >= END { $to::MAX } else { low }
            }
        })+
    };
}

truncate!(
    f32 => i32 via i32, f32 => i64 via i64, f32 => u8 via i32,
    f64 => i32 via i32, f64 => i64 via i64, f64 => u8 via i32,
);

macro_rules! from_float {
    ($from:ident, $to:expr) => {
        match $to {
            DType::Float32 => one!($from => f32, false, |x| x as f32),
            DType::Float64 => one!($from => f64, false, |x| f64::from(x)),
            DType::Int32 => one!($from => i32, false, |x| x.truncate()),
            DType::Int64 => one!($from => i64, false, |x| x.truncate()),
            DType::Uint8 => one!($from => u8, false, |x| x.truncate()),
            DType::Bool => one!($from => u8, false, |x| u8::from(x != 0.0)),
        }
    };
}

/// The loop that converts elements: floats to integers truncate and saturate, integers to narrower ones wrap, and
/// what is not 0 is true.
pub fn cast(from: DType, to: DType) -> Map {
    if from == to {
        return match from.size() {
            1 => copy::<u8>,
            4 => copy::<u32>,
            _ => copy::<u64>,
        };
    }
    match from {
        DType::Float32 => from_float!(f32, to),
        DType::Float64 => from_float!(f64, to),
        DType::Int32 => from_integer!(i32, to),
        DType::Int64 => from_integer!(i64, to),
        DType::Uint8 | DType::Bool => from_integer!(u8, to),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use super::*;
    use crate::kernels::isa::testing::at_every_level;

    fn convert<A: Copy, B: Copy + Default>(from: DType, to: DType, x: &[A]) -> Vec<B> {
        call::<A, A, B>(cast(from, to), x, &[], x.len())
    }

    #[test]
    fn floats_truncate_and_saturate() {
        let mut x: Vec<f64> = vec![
            0.0,
            -0.0,
            0.9,
            -0.9,
            1.5,
            -1.5,
            254.9,
            255.0,
            255.9,
            256.0,
            1e9,
            2_147_483_647.0,
            2_147_483_648.0,
            -2_147_483_648.0,
            -2_147_483_649.0,
            9.3e18,
            -9.3e18,
            9_223_372_036_854_774_784.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        x.extend((0..100).map(|i| f64::from(i) * 1.37e5 - 7e6));
        let narrow: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        at_every_level(|_| {
            let got: Vec<i32> = convert(DType::Float64, DType::Int32, &x);
            assert_eq!(got, x.iter().map(|&x| x as i32).collect::<Vec<_>>());
            let got: Vec<i64> = convert(DType::Float64, DType::Int64, &x);
            assert_eq!(got, x.iter().map(|&x| x as i64).collect::<Vec<_>>());
            let got: Vec<u8> = convert(DType::Float64, DType::Uint8, &x);
            assert_eq!(got, x.iter().map(|&x| x as u8).collect::<Vec<_>>());
            let got: Vec<i32> = convert(DType::Float32, DType::Int32, &narrow);
            assert_eq!(got, narrow.iter().map(|&x| x as i32).collect::<Vec<_>>());
            let got: Vec<i64> = convert(DType::Float32, DType::Int64, &narrow);
            assert_eq!(got, narrow.iter().map(|&x| x as i64).collect::<Vec<_>>());
            let got: Vec<u8> = convert(DType::Float32, DType::Uint8, &narrow);
            assert_eq!(got, narrow.iter().map(|&x| x as u8).collect::<Vec<_>>());
            let got: Vec<u8> = convert(DType::Float32, DType::Bool, &narrow);
            assert_eq!(got, narrow.iter().map(|&x| u8::from(x != 0.0)).collect::<Vec<_>>());
        });
    }

    #[test]
    fn integers_wrap_and_widen() {
        let x = [0_i64, 1, -1, 255, 256, 300, 1 << 40, i64::MIN];
        let got: Vec<u8> = convert(DType::Int64, DType::Uint8, &x);
        assert_eq!(got, [0, 1, 255, 255, 0, 44, 0, 0]);
        let got: Vec<u8> = convert(DType::Int64, DType::Bool, &x);
        assert_eq!(got, [0, 1, 1, 1, 1, 1, 1, 1]);
        let got: Vec<f32> = convert(DType::Bool, DType::Float32, &[0_u8, 1, 1]);
        assert_eq!(got, [0.0, 1.0, 1.0]);
        let got: Vec<i64> = convert(DType::Int64, DType::Int64, &x);
        assert_eq!(got, x);
    }
}
