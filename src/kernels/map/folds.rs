//! Reductions of contiguous elements to one.
//!
//! Elements go to `LANES` accumulators in turn, which are then joined in pairs: an order that depends on the
//! number of elements alone, and not on the machine.

use super::{Fold, FoldMap};
use crate::dtype::DType;
use crate::kernels::isa::{Isa, compiled};
use std::ptr;

const LANES: usize = 64;
const FEW: usize = 16;

trait Join {
    type Element: Copy;
    const IDENTITY: Self::Element;

    fn join(a: Self::Element, b: Self::Element) -> Self::Element;
}

#[inline(always)]
fn join_lanes<F: Join>(lanes: &mut [F::Element], others: &[F::Element]) {
    for (lane, &x) in lanes.iter_mut().zip(others) {
        *lane = F::join(*lane, x);
    }
}

#[inline(always)]
fn join_all<F: Join, const N: usize>(mut lanes: [F::Element; N]) -> F::Element {
    let mut half = N / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = F::join(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// `N` elements, or fewer and then the identity.
///
/// # Safety
/// `x` has `n <= N` elements.
#[inline(always)]
unsafe fn padded<F: Join, const N: usize>(x: *const F::Element, n: usize) -> [F::Element; N] {
    let mut rest = [F::IDENTITY; N];
    // SAFETY: `n <= N`, and `x` has `n` elements.
    unsafe { ptr::copy_nonoverlapping(x, rest.as_mut_ptr(), n) };
    rest
}

#[inline(always)]
unsafe fn reduce<F: Join, I: Isa>(accumulator: *mut u8, x: *const u8, n: usize) {
    let accumulator = accumulator.cast::<F::Element>();
    let x = x.cast::<F::Element>();
    // SAFETY: the caller promises `n` elements at `x` and one at `accumulator`.
    unsafe {
        let result = if n <= FEW {
            join_all::<F, FEW>(padded::<F, FEW>(x, n))
        } else {
            let whole = n - n % LANES;
            let mut lanes = [F::IDENTITY; LANES];
            for start in (0..whole).step_by(LANES) {
                join_lanes::<F>(&mut lanes, &*x.add(start).cast::<[F::Element; LANES]>());
            }
            if whole < n {
                join_lanes::<F>(&mut lanes, &padded::<F, LANES>(x.add(whole), n - whole));
            }
            join_all::<F, LANES>(lanes)
        };
        *accumulator = F::join(*accumulator, result);
    }
}

compiled!(fn pick[F: Join] -> FoldMap = reduce(accumulator: *mut u8, x: *const u8, n: usize));

macro_rules! join {
    ($element:ty, $identity:expr, |$a:ident, $b:ident| $body:expr) => {{
        struct Function;
        impl Join for Function {
            type Element = $element;
            const IDENTITY: $element = $identity;
            #[inline(always)]
            fn join($a: $element, $b: $element) -> $element {
                $body
            }
        }
        (pick::<Function> as fn() -> FoldMap, bytes(&Function::IDENTITY.to_ne_bytes()))
    }};
}

fn bytes(value: &[u8]) -> [u8; 8] {
    let mut all = [0; 8];
    all[..value.len()].copy_from_slice(value);
    all
}

macro_rules! floats {
    ($real:ident, $op:expr) => {
        match $op {
            Fold::Sum => join!($real, 0.0, |a, b| a + b),
            Fold::Prod => join!($real, 1.0, |a, b| a * b),
            // NaN wins.
            Fold::Max => {
                join!($real, $real::NEG_INFINITY, |a, b| if b > a || b.is_nan() { b } else { a })
            }
            Fold::Min => {
                join!($real, $real::INFINITY, |a, b| if b < a || b.is_nan() { b } else { a })
            }
        }
    };
}

macro_rules! integers {
    ($int:ident, $op:expr) => {
        match $op {
            Fold::Sum => join!($int, 0, |a, b| a.wrapping_add(b)),
            Fold::Prod => join!($int, 1, |a, b| a.wrapping_mul(b)),
            Fold::Max => join!($int, $int::MIN, |a, b| a.max(b)),
            Fold::Min => join!($int, $int::MAX, |a, b| a.min(b)),
        }
    };
}

fn entry(op: Fold, dtype: DType) -> (fn() -> FoldMap, [u8; 8]) {
    match dtype {
        DType::Float32 => floats!(f32, op),
        DType::Float64 => floats!(f64, op),
        DType::Int32 => integers!(i32, op),
        DType::Int64 => integers!(i64, op),
        DType::Uint8 => integers!(u8, op),
        DType::Bool => match op {
            Fold::Sum | Fold::Max => join!(u8, 0, |a, b| a | b),
            Fold::Prod | Fold::Min => join!(u8, 1, |a, b| a & b),
        },
    }
}

/// The loop of a reduction; of booleans, `Max` is any and `Min` is all.
pub fn fold(op: Fold, dtype: DType) -> FoldMap {
    entry(op, dtype).0()
}

/// What an accumulator starts from, in the first bytes.
pub fn identity(op: Fold, dtype: DType) -> [u8; 8] {
    entry(op, dtype).1
}
