//! What the tests of this folder share.

use super::{Binary, Map, Scalars, Unary, binary, unary};
use crate::dtype::DType;

/// The element type of a Rust type.
pub(super) trait Element: Copy + Default + PartialEq + std::fmt::Debug {
    const DTYPE: DType;
}

macro_rules! elements {
    ($($element:ident: $dtype:ident),+) => {
        $(impl Element for $element { const DTYPE: DType = DType::$dtype; })+
    };
}

elements!(f32: Float32, f64: Float64, i32: Int32, i64: Int64, u8: Uint8);

pub(super) fn call<A: Copy, B: Copy, O: Copy + Default>(map: Map, a: &[A], b: &[B], n: usize) -> Vec<O> {
    let mut out = vec![O::default(); n];
    // SAFETY: tests pass `n` elements, or one where the loop takes a scalar.
    unsafe { map(out.as_mut_ptr().cast(), a.as_ptr().cast(), b.as_ptr().cast(), std::ptr::null(), n) };
    out
}

pub(super) fn apply<T: Element>(op: Unary, x: &[T]) -> Vec<T> {
    call::<T, T, T>(unary(op, T::DTYPE).expect("a loop"), x, &[], x.len())
}

pub(super) fn apply2<T: Element>(op: Binary, a: &[T], b: &[T]) -> Vec<T> {
    call(binary(op, T::DTYPE, Scalars::None).expect("a loop"), a, b, a.len())
}

/// Numbers of every magnitude and sign, the special ones among them.
pub(super) fn sweep() -> Vec<f32> {
    let mut all: Vec<f32> = (0..=u32::MAX / 16_411).map(|i| f32::from_bits(i * 16_411)).collect();
    for i in 0..50_000 {
        let x = i as f32 * 4e-3 - 100.0;
        all.extend([x, x * 0.05, 1.0 + x * 1e-3, -1.0 + x * 1e-6]);
    }
    for special in [0.0, 1.0, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::EPSILON] {
        all.extend([special, -special]);
    }
    all.push(f32::NAN);
    all
}

/// How far `got` is from `want`, in units in the last place of `want` as a number of `digits` bits.
pub(super) fn ulps(got: f64, want: f64, digits: i32, least: f64) -> f64 {
    if got == want || (got.is_nan() && want.is_nan()) {
        return 0.0;
    }
    if !got.is_finite() || !want.is_finite() {
        return f64::INFINITY;
    }
    let exponent = libm::ilogb(want.abs().max(least));
    (got - want).abs() / libm::ldexp(1.0, exponent - digits + 1)
}

/// A function as good as a reference can be.
pub(super) type Exact = fn(f64) -> f64;

/// The largest error of a function of `f32`, in units in the last place, and where it is.
pub(super) fn worst32(op: Unary, exact: Exact) -> (f64, f32) {
    let xs = sweep();
    let got = apply(op, &xs);
    let mut worst = (0.0, 0.0);
    for (&x, &y) in xs.iter().zip(&got) {
        let want = exact(f64::from(x));
        // Overflow is decided by the nearest float, not by the exact value.
        let rounded = want as f32;
        let error = if rounded == y {
            0.0
        } else {
            ulps(y.into(), if rounded.is_finite() { want } else { rounded.into() }, 24, 1.2e-38)
        };
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

/// The same for `f64`, against a function that is itself good to a unit.
pub(super) fn worst64(op: Unary, exact: Exact) -> (f64, f64) {
    let mut xs: Vec<f64> = sweep().into_iter().map(f64::from).collect();
    xs.extend((0..100_000_u64).map(|i| f64::from_bits(i * 184_467_440_736_000)));
    xs.extend((0..50_000).map(|i| f64::from(i) * 0.0303 - 757.0));
    let got = apply(op, &xs);
    let mut worst = (0.0, 0.0);
    for (&x, &y) in xs.iter().zip(&got) {
        let error = ulps(y, exact(x), 53, f64::MIN_POSITIVE);
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}
