//! Element-wise functions: what they are called, and the vectorized loop of each for each element type.

mod convert;
mod floats;
mod folds;
mod integers;
pub(crate) mod lanes;
mod rare;
pub(crate) mod real;
pub(crate) mod single;
#[cfg(test)]
mod testing;
pub(crate) mod wide;

use crate::dtype::DType;
pub use convert::cast;
pub use folds::{fold, identity};

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
        Trunc = "trunc", IsNan = "isnan", IsInf = "isinf", IsFinite = "isfinite",
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
