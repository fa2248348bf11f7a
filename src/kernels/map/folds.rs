//! Reductions of contiguous elements to one.
//!
//! Elements go to `LANES` accumulators in turn, which are then joined in pairs: an order that depends on the
//! number of elements alone, and not on the machine.

use super::{Fold, FoldMap};
use crate::dtype::DType;
use crate::kernels::isa::{FEW, Isa, compiled};

/// Four vectors of the widest kind, because an addition takes as long as four of them take to start.
const LANES: usize = 4 * FEW;

trait Join {
    type Element: Copy;
    const IDENTITY: Self::Element;

    fn join(a: Self::Element, b: Self::Element) -> Self::Element;

    #[inline(always)]
    fn join_all<const N: usize>(lanes: [Self::Element; N]) -> Self::Element {
        pairwise(lanes, Self::join)
    }
}

#[inline(always)]
fn pairwise<T: Copy, const N: usize>(mut lanes: [T; N], join: impl Fn(T, T) -> T) -> T {
    let mut half = N / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = join(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn join_lanes<F: Join>(lanes: &mut [F::Element], others: &[F::Element]) {
    for (lane, &x) in lanes.iter_mut().zip(others) {
        *lane = F::join(*lane, x);
    }
}

#[inline(always)]
unsafe fn reduce<F: Join, I: Isa>(accumulator: *mut u8, x: *const u8, n: usize) {
    let accumulator = accumulator.cast::<F::Element>();
    let x = x.cast::<F::Element>();
    // SAFETY: the caller promises `n` elements at `x` and one at `accumulator`.
    unsafe {
        let result = if n <= FEW {
            F::join_all(I::load_few(x, n, F::IDENTITY))
        } else {
            let whole = n - n % LANES;
            let mut lanes = [F::IDENTITY; LANES];
            for start in (0..whole).step_by(LANES) {
                join_lanes::<F>(&mut lanes, &*x.add(start).cast::<[F::Element; LANES]>());
            }
            for (start, lanes) in (whole..n).step_by(FEW).zip(lanes.chunks_exact_mut(FEW)) {
                let few = I::load_few(x.add(start), (n - start).min(FEW), F::IDENTITY);
                join_lanes::<F>(lanes, &few);
            }
            F::join_all(lanes)
        };
        *accumulator = F::join(*accumulator, result);
    }
}

compiled!(fn pick[F: Join] -> FoldMap = reduce(accumulator: *mut u8, x: *const u8, n: usize));

/// Extremes of a few lanes as integers of the same order, because the compiler knows how to shuffle those.
mod ordered {
    macro_rules! ordered {
        ($real:ident, $int:ident) => {
            pub(super) mod $real {
                use super::super::pairwise;

                /// Its own inverse.
                #[inline(always)]
                fn flip(bits: $int) -> $int {
                    bits ^ ((bits >> ($int::BITS - 1)) & $int::MAX)
                }

                #[inline(always)]
                pub(in super::super) fn greatest<const N: usize>(lanes: [$real; N]) -> $real {
                    let key = |x: $real| if x.is_nan() { $int::MAX } else { flip(x.to_bits() as $int) };
                    $real::from_bits(flip(pairwise(lanes.map(key), Ord::max)) as _)
                }

                #[inline(always)]
                pub(in super::super) fn least<const N: usize>(lanes: [$real; N]) -> $real {
                    let key = |x: $real| if x.is_nan() { $int::MIN } else { flip(x.to_bits() as $int) };
                    $real::from_bits(flip(pairwise(lanes.map(key), Ord::min)) as _)
                }
            }
        };
    }

    ordered!(f32, i32);
    ordered!(f64, i64);
}

macro_rules! join {
    ($element:ty, $identity:expr, |$a:ident, $b:ident| $body:expr $(, lanes: |$lanes:ident| $all:expr)?) => {{
        struct Function;
        impl Join for Function {
            type Element = $element;
            const IDENTITY: $element = $identity;
            #[inline(always)]
            fn join($a: $element, $b: $element) -> $element {
                $body
            }
            $(
                #[inline(always)]
                fn join_all<const N: usize>($lanes: [$element; N]) -> $element {
                    $all
                }
            )?
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
            Fold::Max => join!(
                $real,
                $real::NEG_INFINITY,
                |a, b| if b > a || b.is_nan() { b } else { a },
                lanes: |lanes| ordered::$real::greatest(lanes)
            ),
            Fold::Min => join!(
                $real,
                $real::INFINITY,
                |a, b| if b < a || b.is_nan() { b } else { a },
                lanes: |lanes| ordered::$real::least(lanes)
            ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::testing::at_every_level;

    fn run<T: Copy, const BYTES: usize>(op: Fold, dtype: DType, x: &[T], from: fn([u8; BYTES]) -> T) -> T {
        // Aligned for every element.
        let mut accumulator = u64::from_ne_bytes(identity(op, dtype));
        // SAFETY: `x` has elements of `dtype`, and the accumulator has room for one.
        unsafe { fold(op, dtype)((&raw mut accumulator).cast(), x.as_ptr().cast(), x.len()) };
        from(accumulator.to_ne_bytes()[..BYTES].try_into().unwrap())
    }

    #[test]
    fn equals_the_plain_loop() {
        at_every_level(|level| {
            for n in (0..200).chain([511, 512, 4097]) {
                let x: Vec<f32> = (0..n).map(|i| ((i * 37) % 101) as f32 * 0.25 - 12.0).collect();
                let get = |op| run(op, DType::Float32, &x, f32::from_ne_bytes);
                // Quarters add up exactly.
                assert_eq!(get(Fold::Sum), x.iter().sum::<f32>(), "{level:?} {n}");
                assert_eq!(get(Fold::Max), x.iter().copied().fold(f32::NEG_INFINITY, f32::max));
                assert_eq!(get(Fold::Min), x.iter().copied().fold(f32::INFINITY, f32::min));
                let x: Vec<f64> = x.iter().map(|&x| if x < 0.0 { -1.0 } else { 1.0 }).collect();
                let get = |op| run(op, DType::Float64, &x, f64::from_ne_bytes);
                assert_eq!(get(Fold::Prod), x.iter().product::<f64>());
                assert_eq!(get(Fold::Sum), x.iter().sum::<f64>());
                let x: Vec<i64> = (0..n).map(|i| (i * 7_919 - 300) << 40).collect();
                let get = |op| run(op, DType::Int64, &x, i64::from_ne_bytes);
                assert_eq!(get(Fold::Sum), x.iter().fold(0_i64, |a, b| a.wrapping_add(*b)));
                assert_eq!(get(Fold::Min), x.iter().copied().min().unwrap_or(i64::MAX));
                let x: Vec<u8> = (0..n).map(|i| u8::from(i == 150)).collect();
                let get = |op| run(op, DType::Bool, &x, u8::from_ne_bytes);
                assert_eq!(get(Fold::Max), u8::from(n > 150), "any");
                assert_eq!(get(Fold::Min), u8::from(n == 0), "all");
            }
        });
    }

    #[test]
    fn nan_wins_and_signs_stay() {
        at_every_level(|level| {
            for n in [1, 5, 16, 17, 64, 100, 300] {
                for at in [0, n / 2, n - 1] {
                    for nan in [f32::NAN, -f32::NAN] {
                        let mut x = vec![-2.5_f32; n];
                        let get = |op, x: &[f32]| run(op, DType::Float32, x, f32::from_ne_bytes);
                        assert_eq!((get(Fold::Max, &x), get(Fold::Min, &x)), (-2.5, -2.5));
                        x[at] = nan;
                        assert!(get(Fold::Max, &x).is_nan() && get(Fold::Min, &x).is_nan(), "{level:?}");
                        let x: Vec<f64> = x.iter().map(|&x| x.into()).collect();
                        let get = |op| run(op, DType::Float64, &x, f64::from_ne_bytes);
                        assert!(get(Fold::Max).is_nan() && get(Fold::Min).is_nan());
                    }
                }
            }
        });
    }

    #[test]
    fn sums_do_not_depend_on_the_machine() {
        let x: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.7).sin()).collect();
        for n in [3, 17, 100, 1000] {
            let want = run(Fold::Sum, DType::Float32, &x[..n], f32::from_ne_bytes);
            at_every_level(|_| {
                assert_eq!(run(Fold::Sum, DType::Float32, &x[..n], f32::from_ne_bytes), want);
            });
        }
    }
}
