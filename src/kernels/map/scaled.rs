//! A product with one factor, and what it is added to, in one loop. Rounded twice, as two loops would.

use super::Map;
use super::lanes::{self, Scaled};
use crate::dtype::DType;

/// How the product `ab` and the element `c` are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// `ab + c`
    Add,
    /// `ab - c`
    Sub,
    /// `c - ab`
    SubFrom,
}

macro_rules! joint {
    ($real:ty, |$x:ident, $factor:ident, $y:ident| $body:expr) => {{
        struct Function;
        impl Scaled for Function {
            type Element = $real;
            #[inline(always)]
            fn apply($x: $real, $factor: $real, $y: $real) -> $real {
                $body
            }
        }
        lanes::map_scaled::<Function>()
    }};
}

macro_rules! joints {
    ($real:ty, $joint:expr) => {
        match $joint {
            Joint::Add => joint!($real, |x, factor, y| x * factor + y),
            Joint::Sub => joint!($real, |x, factor, y| x * factor - y),
            Joint::SubFrom => joint!($real, |x, factor, y| y - x * factor),
        }
    };
}

/// The loop over `a` and `c` with the one factor `b`; of floats.
pub fn scaled(joint: Joint, dtype: DType) -> Option<Map> {
    match dtype {
        DType::Float32 => Some(joints!(f32, joint)),
        DType::Float64 => Some(joints!(f64, joint)),
        DType::Int32 | DType::Int64 | DType::Uint8 | DType::Bool => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::apply2;
    use super::super::{Binary, testing::call};
    use super::*;
    use crate::kernels::isa::testing::at_every_level;

    #[test]
    fn equals_two_loops_in_any_place() {
        let a: Vec<f32> = (0..77).map(|i| (i as f32 - 30.0) * 0.37).collect();
        let c: Vec<f32> = (0..77).map(|i| (i as f32 * 1.7).sin()).collect();
        let product = apply2(Binary::Mul, &a, &vec![0.3; a.len()]);
        at_every_level(|level| {
            for joint in [Joint::Add, Joint::Sub, Joint::SubFrom] {
                let wanted = match joint {
                    Joint::Add => apply2(Binary::Add, &product, &c),
                    Joint::Sub => apply2(Binary::Sub, &product, &c),
                    Joint::SubFrom => apply2(Binary::Sub, &c, &product),
                };
                let map = scaled(joint, DType::Float32).unwrap();
                for place in 0..3 {
                    let mut arrays = [a.clone(), c.clone(), vec![0.0; a.len()]];
                    let [x, y] = [arrays[0].as_ptr(), arrays[1].as_ptr()];
                    let out = arrays[place].as_mut_ptr();
                    // SAFETY: all have as many elements; the result may replace an operand.
                    unsafe { map(out.cast(), x.cast(), (&raw const FACTOR).cast(), y.cast(), a.len()) };
                    assert_eq!(arrays[place], wanted, "{joint:?} at {level:?}, {place}");
                }
            }
        });
        let _: Vec<f32> = call(scaled(Joint::Add, DType::Float32).unwrap(), &a, &c, 0);
    }

    static FACTOR: f32 = 0.3;
}
