//! The tables of functions of integers and booleans. Arithmetic wraps; nothing panics.

use super::lanes::{one, two};
use super::{Binary, Map, Scalars, Unary};

/// What differs between signed and unsigned.
trait Integer: Copy {
    fn sign(self) -> Self;
    fn magnitude(self) -> Self;
    fn modulo(self, by: Self) -> Self;
    fn floor_div(self, by: Self) -> Self;
    fn power(self, exponent: Self) -> Self;
    fn gcd(self, other: Self) -> Self;
    fn shift_left(self, by: Self) -> Self;
    fn shift_right(self, by: Self) -> Self;
}

macro_rules! common {
    () => {
        #[inline(always)]
        fn shift_left(self, by: Self) -> Self {
            // As numpy and XLA have it: all bits are shifted out.
            u32::try_from(by).ok().and_then(|by| self.checked_shl(by)).unwrap_or(0)
        }

        fn gcd(self, other: Self) -> Self {
            let (mut a, mut b) = (self, other);
            while b != 0 {
                (a, b) = (b, a.wrapping_rem(b));
            }
            a.magnitude()
        }
    };
}

/// Powers by squaring.
macro_rules! squaring {
    ($base:expr, $exponent:expr) => {{
        let (mut base, mut exponent, mut result) = ($base, $exponent, 1);
        while exponent != 0 {
            if exponent & 1 != 0 {
                result = base.wrapping_mul(result);
            }
            base = base.wrapping_mul(base);
            exponent >>= 1;
        }
        result
    }};
}

macro_rules! signed {
    ($int:ident) => {
        impl Integer for $int {
            #[inline(always)]
            fn sign(self) -> Self {
                self.signum()
            }

            #[inline(always)]
            fn magnitude(self) -> Self {
                self.wrapping_abs()
            }

            #[inline(always)]
            fn modulo(self, by: Self) -> Self {
                let rest = if by == 0 { 0 } else { self.wrapping_rem(by) };
                if rest != 0 && (rest < 0) != (by < 0) { rest + by } else { rest }
            }

            #[inline(always)]
            fn floor_div(self, by: Self) -> Self {
                if by == 0 {
                    return 0;
                }
                let rest = self.wrapping_rem(by);
                let down = rest != 0 && (rest < 0) != (by < 0);
                self.wrapping_div(by) - Self::from(down)
            }

            fn power(self, exponent: Self) -> Self {
                if exponent >= 0 {
                    return squaring!(self, exponent);
                }
                match self {
                    1 => 1,
                    -1 if exponent & 1 != 0 => -1,
                    -1 => 1,
                    _ => 0,
                }
            }

            #[inline(always)]
            fn shift_right(self, by: Self) -> Self {
                let most = $int::BITS - 1;
                self >> u32::try_from(by).map_or(most, |by| by.min(most))
            }

            common!();
        }
    };
}

signed!(i32);
signed!(i64);

impl Integer for u8 {
    #[inline(always)]
    fn sign(self) -> Self {
        Self::from(self != 0)
    }

    #[inline(always)]
    fn magnitude(self) -> Self {
        self
    }

    #[inline(always)]
    fn modulo(self, by: Self) -> Self {
        self.checked_rem(by).unwrap_or(0)
    }

    #[inline(always)]
    fn floor_div(self, by: Self) -> Self {
        self.checked_div(by).unwrap_or(0)
    }

    fn power(self, exponent: Self) -> Self {
        squaring!(self, exponent)
    }

    #[inline(always)]
    fn shift_right(self, by: Self) -> Self {
        self.checked_shr(u32::from(by)).unwrap_or(0)
    }

    common!();
}

macro_rules! integer_tables {
    ($int:ident, $unary:ident, $binary:ident) => {
        pub(super) fn $unary(op: Unary) -> Option<Map> {
            Some(match op {
                Unary::Neg => one!($int => $int, false, |x| x.wrapping_neg()),
                Unary::Abs => one!($int => $int, false, |x| x.magnitude()),
                Unary::Sign => one!($int => $int, false, |x| x.sign()),
                Unary::Square => one!($int => $int, false, |x| x.wrapping_mul(x)),
                Unary::Not => one!($int => $int, false, |x| !x),
                Unary::Relu => one!($int => $int, false, |x| x.max(0)),
                _ => return None,
            })
        }

        pub(super) fn $binary(op: Binary, s: Scalars) -> Option<Map> {
            Some(match op {
                Binary::Add => two!(s, $int => $int, light, |a, b| a.wrapping_add(b)),
                Binary::Sub => two!(s, $int => $int, light, |a, b| a.wrapping_sub(b)),
                Binary::Mul => two!(s, $int => $int, light, |a, b| a.wrapping_mul(b)),
                Binary::Pow => two!(s, $int => $int, light, |a, b| a.power(b)),
                Binary::Max => two!(s, $int => $int, light, |a, b| a.max(b)),
                Binary::Min => two!(s, $int => $int, light, |a, b| a.min(b)),
                Binary::Mod => two!(s, $int => $int, light, |a, b| a.modulo(b)),
                Binary::Fmod => {
                    two!(s, $int => $int, light, |a, b| if b == 0 { 0 } else { a.wrapping_rem(b) })
                }
                Binary::FloorDiv => two!(s, $int => $int, light, |a, b| a.floor_div(b)),
                Binary::Gcd => two!(s, $int => $int, light, |a, b| a.gcd(b)),
                Binary::And => two!(s, $int => $int, light, |a, b| a & b),
                Binary::Or => two!(s, $int => $int, light, |a, b| a | b),
                Binary::Xor => two!(s, $int => $int, light, |a, b| a ^ b),
                Binary::Shl => two!(s, $int => $int, light, |a, b| a.shift_left(b)),
                Binary::Shr => two!(s, $int => $int, light, |a, b| a.shift_right(b)),
                Binary::Eq => two!(s, $int => u8, light, |a, b| u8::from(a == b)),
                Binary::Ne => two!(s, $int => u8, light, |a, b| u8::from(a != b)),
                Binary::Lt => two!(s, $int => u8, light, |a, b| u8::from(a < b)),
                Binary::Le => two!(s, $int => u8, light, |a, b| u8::from(a <= b)),
                Binary::Gt => two!(s, $int => u8, light, |a, b| u8::from(a > b)),
                Binary::Ge => two!(s, $int => u8, light, |a, b| u8::from(a >= b)),
                Binary::Div | Binary::Atan2 | Binary::NextAfter => return None,
            })
        }
    };
}

integer_tables!(i32, unary_i32, binary_i32);
integer_tables!(i64, unary_i64, binary_i64);
integer_tables!(u8, unary_u8, binary_u8);

pub(super) fn unary_bool(op: Unary) -> Option<Map> {
    match op {
        Unary::Not => Some(one!(u8 => u8, false, |x| u8::from(x == 0))),
        _ => None,
    }
}

/// Of bytes that are 0 or 1.
pub(super) fn binary_bool(op: Binary, s: Scalars) -> Option<Map> {
    match op {
        Binary::Max => binary_u8(Binary::Or, s),
        Binary::Min => binary_u8(Binary::And, s),
        Binary::And
        | Binary::Or
        | Binary::Xor
        | Binary::Eq
        | Binary::Ne
        | Binary::Lt
        | Binary::Le
        | Binary::Gt
        | Binary::Ge => binary_u8(op, s),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply, apply2};
    use super::super::{Binary, Unary};
    use crate::kernels::isa::testing::at_every_level;

    #[test]
    fn arithmetic_wraps_and_never_traps() {
        at_every_level(|_| {
            let (least, most) = (i32::MIN, i32::MAX);
            assert_eq!(apply(Unary::Neg, &[least, 5]), [least, -5]);
            assert_eq!(apply(Unary::Abs, &[least, -5]), [least, 5]);
            assert_eq!(apply(Unary::Neg, &[1_u8]), [255]);
            let (a, b) = ([7, -7, 7, -7, 6, 1, least], [3, 3, -3, -3, -3, 0, -1]);
            assert_eq!(apply2(Binary::Mod, &a, &b), [1, 2, -2, -1, 0, 0, 0]);
            assert_eq!(apply2(Binary::Fmod, &a, &b), [1, -1, 1, -1, 0, 0, 0]);
            assert_eq!(apply2(Binary::FloorDiv, &a, &b), [2, -3, -3, 2, -2, 0, least]);
            assert_eq!(apply2(Binary::FloorDiv, &[7_u8, 7], &[2, 0]), [3, 0]);
            assert_eq!(apply2(Binary::Add, &[most], &[1]), [least]);
        });
    }

    #[test]
    fn powers_shifts_and_divisors() {
        let (a, b) = ([2_i64, 3, -1, -1, 1, 2, 0, 10], [10, 0, -3, -4, -9, -1, 0, 18]);
        let want = [1024, 1, -1, 1, 1, 0, 1, 1_000_000_000_000_000_000];
        assert_eq!(apply2(Binary::Pow, &a, &b), want);
        let (a, b) = ([1, 1, 1, -8, -8, 5], [3, 32, -1, 1, 40, 0]);
        assert_eq!(apply2(Binary::Shl, &a, &b), [8, 0, 0, -16, 0, 5_i32]);
        assert_eq!(apply2(Binary::Shr, &a, &b), [0, 0, 0, -4, -1, 5_i32]);
        assert_eq!(apply2(Binary::Shr, &[200_u8, 200], &[3, 8]), [25, 0]);
        assert_eq!(apply2(Binary::Gcd, &[12, -12, 0, 0, i32::MIN], &[18, 18, 5, 0, -1]), [6, 6, 5, 0, 1]);
    }
}
