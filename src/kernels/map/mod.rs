//! Element-wise functions: what they are called, and the vectorized loop of each for each element type.

mod convert;
mod floats;
mod folds;
mod integers;
mod lanes;
mod rare;
pub(crate) mod real;
mod scaled;
pub(crate) mod single;
#[cfg(test)]
mod testing;
pub(crate) mod wide;

use crate::dtype::DType;
pub use convert::cast;
pub use folds::{fold, identity};
pub use scaled::{Joint, scaled};

macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kind { $($variant),+ }

        impl $kind {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

named!(
    /// Functions of one element.
    Unary {
        Neg = "neg", Abs = "abs", Sign = "sign", Square = "square", Not = "not", Reciprocal = "reciprocal",
        Exp = "exp", Exp2 = "exp2", Expm1 = "expm1", Log = "log", Log2 = "log2", Log10 = "log10", Log1p = "log1p",
        Sqrt = "sqrt", Rsqrt = "rsqrt", Cbrt = "cbrt", Sin = "sin", Cos = "cos", Tan = "tan", Asin = "asin",
        Acos = "acos", Atan = "atan", Sinh = "sinh", Cosh = "cosh", Tanh = "tanh", Asinh = "asinh", Acosh = "acosh",
        Atanh = "atanh", Erf = "erf", Erfinv = "erfinv", Lgamma = "lgamma", Digamma = "digamma",
        Sigmoid = "sigmoid", Softplus = "softplus", Relu = "relu", Floor = "floor", Ceil = "ceil", Round = "round",
        Trunc = "trunc", RoundFloat16 = "round_float16", RoundBfloat16 = "round_bfloat16", IsNan = "isnan", IsInf = "isinf", IsFinite = "isfinite",
    }
);

named!(
    /// Functions of two elements of one type.
    Binary {
        Add = "add", Sub = "sub", Mul = "mul", Div = "div", Pow = "pow", Max = "max", Min = "min", Mod = "mod",
        Fmod = "fmod", FloorDiv = "floor_div", Atan2 = "atan2", NextAfter = "nextafter", Gcd = "gcd",
        And = "and", Or = "or", Xor = "xor", Shl = "shl", Shr = "shr",
        Eq = "eq", Ne = "ne", Lt = "lt", Le = "le", Gt = "gt", Ge = "ge",
    }
);

named!(
    /// Associative functions that close a loop.
    Fold { Sum = "sum", Prod = "prod", Max = "max_reduce", Min = "min_reduce" }
);

impl Unary {
    /// Whether it takes elements of this type.
    pub const fn takes(self, dtype: DType) -> bool {
        match self {
            Self::Neg | Self::Abs | Self::Sign | Self::Square | Self::Relu => !matches!(dtype, DType::Bool),
            Self::Not => !dtype.is_float(),
            _ => dtype.is_float(),
        }
    }

    /// The element type of its result.
    pub const fn gives(self, dtype: DType) -> DType {
        match self {
            Self::IsNan | Self::IsInf | Self::IsFinite => DType::Bool,
            _ => dtype,
        }
    }
}

impl Binary {
    /// Whether it takes elements of this type.
    pub const fn takes(self, dtype: DType) -> bool {
        match self {
            Self::Div | Self::Atan2 | Self::NextAfter => dtype.is_float(),
            Self::And | Self::Or | Self::Xor => !dtype.is_float(),
            Self::Shl | Self::Shr | Self::Gcd => dtype.is_integer(),
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => true,
            Self::Max | Self::Min => true,
            Self::Add | Self::Sub | Self::Mul | Self::Pow | Self::Mod | Self::Fmod | Self::FloorDiv => {
                !matches!(dtype, DType::Bool)
            }
        }
    }

    /// The element type of its result.
    pub const fn gives(self, dtype: DType) -> DType {
        match self {
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => DType::Bool,
            _ => dtype,
        }
    }
}

/// Which operands of a loop are single elements rather than `n` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalars {
    None,
    Left,
    Right,
}

/// `out[i] = f(a[i], b[i], c[i])` for `i < n`; unused operands may be null; `out` may be one of the operands.
pub type Map = unsafe fn(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize);

/// `*accumulator = fold(*accumulator, x[0], .., x[n - 1])`, in an order that depends on `n` alone.
pub type FoldMap = unsafe fn(accumulator: *mut u8, x: *const u8, n: usize);

/// The loop of a function of one element.
pub fn unary(op: Unary, dtype: DType) -> Option<Map> {
    match dtype {
        DType::Float32 => floats::unary_f32(op),
        DType::Float64 => floats::unary_f64(op),
        DType::Int32 => integers::unary_i32(op),
        DType::Int64 => integers::unary_i64(op),
        DType::Uint8 => integers::unary_u8(op),
        DType::Bool => integers::unary_bool(op),
    }
}

/// The loop of a function of two elements; an operand named by `scalars` is a single one.
pub fn binary(op: Binary, dtype: DType, scalars: Scalars) -> Option<Map> {
    match dtype {
        DType::Float32 => floats::binary_f32(op, scalars),
        DType::Float64 => floats::binary_f64(op, scalars),
        DType::Int32 => integers::binary_i32(op, scalars),
        DType::Int64 => integers::binary_i64(op, scalars),
        DType::Uint8 => integers::binary_u8(op, scalars),
        DType::Bool => integers::binary_bool(op, scalars),
    }
}

/// The loop `out = if a { b } else { c }`, where `a` is boolean.
pub fn select(dtype: DType) -> Map {
    match dtype {
        DType::Float32 | DType::Int32 => lanes::map_choose::<u32>(),
        DType::Float64 | DType::Int64 => lanes::map_choose::<u64>(),
        DType::Uint8 | DType::Bool => lanes::map_choose::<u8>(),
    }
}

/// The loop that fills with the one element `a`.
pub fn fill(dtype: DType) -> Map {
    match dtype {
        DType::Float32 | DType::Int32 => lanes::map_spread::<u32>(),
        DType::Float64 | DType::Int64 => lanes::map_spread::<u64>(),
        DType::Uint8 | DType::Bool => lanes::map_spread::<u8>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::testing::at_every_level;
    use std::ptr;

    const N: usize = 70;

    /// `N` elements of the type, in memory that is aligned for all.
    fn operand(dtype: DType, seed: usize) -> Vec<u64> {
        let mut words = vec![0_u64; N];
        // SAFETY: words are bytes.
        let bytes = unsafe { words.align_to_mut::<u8>().1 };
        for (i, bytes) in bytes.chunks_exact_mut(dtype.size()).take(N).enumerate() {
            let k = (i * 31 + seed * 17) % 41;
            let x = [0.0, 1.0, -1.0, 2e5, -0.3, 1e-3, 7.0, -50.0, 0.9][k % 9] + (k / 9) as f64 * 0.1;
            match dtype {
                DType::Float32 => bytes.copy_from_slice(&(x as f32).to_ne_bytes()),
                DType::Float64 => bytes.copy_from_slice(&x.to_ne_bytes()),
                DType::Int32 => bytes.copy_from_slice(&(x as i32).to_ne_bytes()),
                DType::Int64 => bytes.copy_from_slice(&(x as i64).to_ne_bytes()),
                DType::Uint8 => bytes[0] = x as i32 as u8,
                DType::Bool => bytes[0] = (k % 2) as u8,
            }
        }
        words
    }

    fn call(map: Map, a: *const u64, b: *const u64, n: usize, size: usize) -> Vec<u8> {
        let mut out = [0_u64; N + 1];
        // SAFETY: operands have `N >= n` elements; so has the output.
        unsafe { map(out.as_mut_ptr().cast(), a.cast(), b.cast(), ptr::null(), n) };
        // SAFETY: words are bytes.
        let bytes = unsafe { out.align_to::<u8>().1 };
        assert!(bytes[n * size..].iter().all(|&byte| byte == 0), "nothing is written beyond the end");
        bytes[..n * size].to_vec()
    }

    /// One element at a time.
    fn singly(map: Map, a: &[u64], b: &[u64], steps: (usize, usize), size: usize) -> Vec<u8> {
        let at = |x: &[u64], i: usize, step: usize| x.as_ptr().cast::<u8>().wrapping_add(i * step).cast();
        (0..N).flat_map(|i| call(map, at(a, i, steps.0), at(b, i, steps.1), 1, size)).collect()
    }

    fn check(what: &str, map: Map, a: &[u64], b: &[u64], steps: (usize, usize), size: usize) {
        let want = singly(map, a, b, steps, size);
        for n in (0..40).chain([63, 64, 65, N]) {
            let got = call(map, a.as_ptr(), b.as_ptr(), n, size);
            assert_eq!(got, want[..n * size], "{what} of {n}");
            for place in [steps.0 == size, steps.1 == size].iter().enumerate().filter(|(_, is)| **is) {
                let mut moved = [a.to_vec(), b.to_vec()];
                let [a, b] = [moved[0].as_ptr(), moved[1].as_ptr()];
                let out = moved[place.0].as_mut_ptr().cast::<u8>();
                // SAFETY: the result may replace an operand of its size.
                unsafe { map(out, a.cast(), b.cast(), ptr::null(), n) };
                // SAFETY: words are bytes.
                let got = unsafe { moved[place.0].align_to::<u8>().1 };
                assert_eq!(got[..n * size], want[..n * size], "{what} of {n} in place {}", place.0);
            }
        }
    }

    #[test]
    fn neither_chunks_nor_places_matter() {
        at_every_level(|level| {
            for dtype in DType::ALL {
                let (a, b) = (operand(dtype, 0), operand(dtype, 1));
                let size = dtype.size();
                for &op in Unary::ALL {
                    let map = unary(op, dtype);
                    assert_eq!(map.is_some(), op.takes(dtype), "{} {dtype}", op.name());
                    let what = format!("{} of {dtype} at {level:?}", op.name());
                    if let Some(map) = map {
                        check(&what, map, &a, &b, (size, 0), op.gives(dtype).size());
                    }
                }
                for &op in Binary::ALL {
                    for (scalars, steps) in
                        [(Scalars::None, (size, size)), (Scalars::Left, (0, size)), (Scalars::Right, (size, 0))]
                    {
                        let map = binary(op, dtype, scalars);
                        assert_eq!(map.is_some(), op.takes(dtype), "{} {dtype}", op.name());
                        let what = format!("{} {scalars:?} of {dtype} at {level:?}", op.name());
                        if let Some(map) = map {
                            check(&what, map, &a, &b, steps, op.gives(dtype).size());
                        }
                    }
                }
                for to in DType::ALL {
                    let what = format!("{dtype} to {to} at {level:?}");
                    check(&what, cast(dtype, to), &a, &b, (size, 0), to.size());
                }
                check("fill", fill(dtype), &a, &b, (0, 0), size);
            }
        });
    }

    #[test]
    fn selects_in_any_place() {
        at_every_level(|_| {
            for dtype in DType::ALL {
                let size = dtype.size();
                let (condition, x, y) = (operand(DType::Bool, 2), operand(dtype, 0), operand(dtype, 1));
                for place in 0..3 {
                    let mut arrays = [x.clone(), y.clone(), vec![0; N]];
                    let [b, c] = [arrays[0].as_ptr(), arrays[1].as_ptr()];
                    let out = arrays[place].as_mut_ptr();
                    // SAFETY: all have `N` elements; the result may replace an operand.
                    unsafe { select(dtype)(out.cast(), condition.as_ptr().cast(), b.cast(), c.cast(), N) };
                    // SAFETY: words are bytes.
                    let [condition, x, y, got] =
                        unsafe { [&condition, &x, &y, &arrays[place]].map(|words| words.align_to::<u8>().1) };
                    for i in 0..N {
                        let from = if condition[i] != 0 { x } else { y };
                        assert_eq!(got[i * size..][..size], from[i * size..][..size]);
                    }
                }
            }
        });
    }
}
