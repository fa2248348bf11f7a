use super::super::testing::{check_gradient, close, devices, floats, numbers, range, values};
use super::*;
use crate::device::Device;

const FLOATS: [f64; 8] = [-7.5, -2.0, -0.5, 0.25, 1.0, 3.0, 5.5, 100.0];

#[allow(clippy::float_cmp)] // Equality is what is tested.
fn expected(op: Binary, a: f64, b: f64) -> f64 {
    let truth = |holds: bool| f64::from(u8::from(holds));
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Pow => a.powf(b),
        Binary::Max => a.max(b),
        Binary::Min => a.min(b),
        Binary::Mod => a - b * (a / b).floor(),
        Binary::Fmod => a % b,
        Binary::FloorDiv => (a / b).floor(),
        Binary::Atan2 => a.atan2(b),
        Binary::NextAfter | Binary::Gcd | Binary::Shl | Binary::Shr | Binary::And | Binary::Or | Binary::Xor => {
            unreachable!("tested with their own samples")
        }
        Binary::Eq => truth(a == b),
        Binary::Ne => truth(a != b),
        Binary::Lt => truth(a < b),
        Binary::Le => truth(a <= b),
        Binary::Gt => truth(a > b),
        Binary::Ge => truth(a >= b),
    }
}

fn pairs(numbers: &[f64], dtype: DType, device: Device) -> (Value, Value) {
    let count = numbers.len();
    (values(numbers, &[count, 1], dtype, device), values(numbers, &[count], dtype, device))
}

#[test]
fn floats_are_as_the_standard_library_has_them() {
    use Binary::*;
    for device in devices() {
        for dtype in [DType::Float32, DType::Float64] {
            for op in [Add, Sub, Mul, Div, Pow, Max, Min, Mod, Fmod, FloorDiv, Atan2, Eq, Ne, Lt, Le, Gt, Ge] {
                let (a, b) = pairs(&FLOATS, dtype, device);
                let found = binary(op, &a, &b).unwrap();
                assert_eq!((found.dims(), found.dtype()), (&[8, 8][..], op.gives(dtype)));
                let wanted: Vec<_> = FLOATS.iter().flat_map(|&a| FLOATS.map(|b| expected(op, a, b))).collect();
                let tolerance = if dtype == DType::Float32 { 1e-5 } else { 1e-12 };
                let wanted: Vec<_> =
                    wanted.iter().map(|&x| if dtype == DType::Float32 { f64::from(x as f32) } else { x }).collect();
                close(op.name(), &numbers(&found), &wanted, tolerance);
            }
        }
    }
}

#[test]
fn integers_follow_python() {
    use Binary::*;
    let sample = [-7.0, -3.0, -1.0, 0.0, 1.0, 2.0, 5.0];
    for device in devices() {
        for dtype in [DType::Int32, DType::Int64] {
            let (a, b) = pairs(&sample, dtype, device);
            for op in [Add, Sub, Mul, Max, Min, Mod, Fmod, FloorDiv, Eq, Ne, Lt, Le, Gt, Ge] {
                let wanted: Vec<_> = sample
                    .iter()
                    .flat_map(|&a| {
                        sample.map(|b| match op {
                            Mod | Fmod | FloorDiv if b == 0.0 => 0.0,
                            _ => expected(op, a, b),
                        })
                    })
                    .collect();
                close(op.name(), &numbers(&binary(op, &a, &b).unwrap()), &wanted, 0.0);
            }
            for (op, f) in [
                (And, (|a, b| a & b) as fn(i64, i64) -> i64),
                (Or, |a, b| a | b),
                (Xor, |a, b| a ^ b),
                (Gcd, |a, b| if b == 0 { a.abs() } else { common_divisor(b, a % b) }),
                (Pow, |a, b| {
                    if b < 0 { if a.abs() == 1 { a.pow(b.unsigned_abs() as u32) } else { 0 } } else { a.pow(b as u32) }
                }),
                (Shl, |a, b| if b < 0 { 0 } else { a << b }),
                (Shr, |a, b| if b < 0 { a >> 63 } else { a >> b }),
            ] {
                let wanted: Vec<_> =
                    sample.iter().flat_map(|&a| sample.map(|b| f(a as i64, b as i64) as f64)).collect();
                close(op.name(), &numbers(&binary(op, &a, &b).unwrap()), &wanted, 0.0);
            }
        }
    }
}

#[test]
fn integers_wrap_at_their_ends() {
    for device in devices() {
        let least = f64::from(i32::MIN);
        let a = values(&[least, least, f64::from(i32::MAX), 1.0], &[4], DType::Int32, device);
        let b = values(&[-1.0, 0.0, 1.0, 31.0], &[4], DType::Int32, device);
        let at = |op| numbers(&binary(op, &a, &b).unwrap());
        assert_eq!(at(Binary::FloorDiv), [least, 0.0, f64::from(i32::MAX), 0.0]);
        assert_eq!(at(Binary::Mod), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(at(Binary::Add)[2..3], [least]);
        assert_eq!(at(Binary::Shl)[3..], [least]);
        let big = values(&[40.0], &[1], DType::Int32, device);
        assert_eq!(numbers(&binary(Binary::Shr, &a, &big).unwrap()), [-1.0, -1.0, 0.0, 0.0]);
        assert_eq!(numbers(&binary(Binary::Shl, &a, &big).unwrap()), [0.0; 4]);
    }
}

#[test]
fn small_integers() {
    use Binary::*;
    for device in devices() {
        let a = values(&[250.0, 3.0, 255.0, 7.0], &[4], DType::Uint8, device);
        let b = values(&[10.0, 5.0, 255.0, 0.0], &[4], DType::Uint8, device);
        for (op, wanted) in [
            (Add, [4.0, 8.0, 254.0, 7.0]),
            (Sub, [240.0, 254.0, 0.0, 7.0]),
            (Mul, [196.0, 15.0, 1.0, 0.0]),
            (FloorDiv, [25.0, 0.0, 1.0, 0.0]),
            (Max, [250.0, 5.0, 255.0, 7.0]),
            (Xor, [240.0, 6.0, 0.0, 7.0]),
            (Shl, [0.0, 96.0, 0.0, 7.0]),
            (Shr, [0.0, 0.0, 0.0, 7.0]),
            (Gcd, [10.0, 1.0, 255.0, 7.0]),
            (Lt, [0.0, 1.0, 0.0, 0.0]),
        ] {
            assert_eq!(numbers(&binary(op, &a, &b).unwrap()), wanted, "{} on {device}", op.name());
        }
        let rest = numbers(&binary(Mod, &a, &b).unwrap());
        assert_eq!(rest, [0.0, 3.0, 0.0, 0.0], "{device}");
    }
}

#[test]
fn bools_are_ordered() {
    use Binary::*;
    for device in devices() {
        let (a, b) = pairs(&[0.0, 1.0], DType::Bool, device);
        for (op, wanted) in [
            (And, [0.0, 0.0, 0.0, 1.0]),
            (Or, [0.0, 1.0, 1.0, 1.0]),
            (Xor, [0.0, 1.0, 1.0, 0.0]),
            (Max, [0.0, 1.0, 1.0, 1.0]),
            (Min, [0.0, 0.0, 0.0, 1.0]),
            (Eq, [1.0, 0.0, 0.0, 1.0]),
            (Ne, [0.0, 1.0, 1.0, 0.0]),
            (Lt, [0.0, 1.0, 0.0, 0.0]),
            (Le, [1.0, 1.0, 0.0, 1.0]),
            (Gt, [0.0, 0.0, 1.0, 0.0]),
            (Ge, [1.0, 0.0, 1.0, 1.0]),
        ] {
            assert_eq!(numbers(&binary(op, &a, &b).unwrap()), wanted, "{}", op.name());
        }
        assert!(binary(Add, &a, &b).is_err());
    }
}

#[test]
fn not_a_number_wins_and_equals_nothing() {
    for device in devices() {
        let a = floats(&[f64::NAN, 1.0, f64::NAN], &[3], device);
        let b = floats(&[1.0, f64::NAN, f64::NAN], &[3], device);
        for op in [Binary::Max, Binary::Min, Binary::Add] {
            assert!(numbers(&binary(op, &a, &b).unwrap()).iter().all(|x| x.is_nan()), "{}", op.name());
        }
        assert_eq!(numbers(&binary(Binary::Eq, &a, &b).unwrap()), [0.0; 3]);
        assert_eq!(numbers(&binary(Binary::Ne, &a, &b).unwrap()), [1.0; 3]);
    }
}

#[test]
fn quotients_at_the_edges() {
    let infinity = f64::INFINITY;
    for device in devices() {
        let a = values(&[1.0, -1.0, 0.0, -1.0, 1.0, 1.0], &[6], DType::Float64, device);
        let b = values(&[0.0, 0.0, 0.0, infinity, infinity, 0.1], &[6], DType::Float64, device);
        let at = |op| numbers(&binary(op, &a, &b).unwrap());
        close("floor_div", &at(Binary::FloorDiv), &[infinity, -infinity, f64::NAN, -1.0, 0.0, 9.0], 0.0);
        close("mod", &at(Binary::Mod)[3..], &[infinity, 1.0, 1.0 % 0.1], 0.0);
        close("fmod", &at(Binary::Fmod)[3..], &[-1.0, 1.0, 1.0 % 0.1], 0.0);
        assert!(at(Binary::Mod)[..3].iter().chain(&at(Binary::Fmod)[..3]).all(|x| x.is_nan()));
    }
}

#[test]
fn the_next_float() {
    for device in devices() {
        let (a, b) = (floats(&[1.0, 1.0], &[2], device), floats(&[2.0, 0.0], &[2], device));
        let found = numbers(&binary(Binary::NextAfter, &a, &b).unwrap());
        assert_eq!(found, [f64::from(1f32.next_up()), f64::from(1f32.next_down())]);
    }
}

#[test]
fn shapes_broadcast_or_say_so() {
    for device in devices() {
        let (x, row) = (range(&[2, 3], DType::Float32, device), floats(&[10.0, 20.0, 30.0], &[3], device));
        let one = floats(&[100.0], &[], device);
        assert_eq!(numbers(&binary(Binary::Add, &x, &row).unwrap()), [10.0, 21.0, 32.0, 13.0, 24.0, 35.0]);
        assert_eq!(binary(Binary::Add, &one, &one).unwrap().dims(), &[] as &[usize]);
        assert_eq!(binary(Binary::Add, &one, &x).unwrap().dims(), [2, 3]);
        let none = floats(&[], &[0, 3], device);
        assert_eq!(binary(Binary::Lt, &none, &row).unwrap().spec(), &Spec::new(vec![0, 3], DType::Bool));
        assert!(binary(Binary::Add, &x, &range(&[2], DType::Float32, device)).is_err());
    }
}

#[test]
fn choices() {
    for device in devices() {
        let mask = values(&[1.0, 0.0], &[2, 1], DType::Bool, device);
        for dtype in DType::ALL {
            let (a, b) = (values(&[1.0, 0.0, 1.0], &[3], dtype, device), values(&[0.0], &[], dtype, device));
            let found = select(&mask, &a, &b).unwrap();
            assert_eq!((numbers(&found), found.dtype()), (vec![1.0, 0.0, 1.0, 0.0, 0.0, 0.0], dtype));
        }
    }
}

#[test]
fn gradients() {
    use Binary::*;
    for device in devices() {
        for op in [Add, Sub, Mul, Div, Pow, Max, Min, Mod, Fmod, Atan2] {
            let inputs: [&[f64]; 2] = [&[0.7, 2.3, 5.1], &[1.1, 0.4, 1.9]];
            check_gradient(op.name(), device, &inputs, |x| binary(op, &x[0], &x[1]));
        }
        check_gradient("broadcast", device, &[&[0.7, 2.3, 5.1], &[1.1]], |x| binary(Mul, &x[0], &x[1]));
        check_gradient("ties", device, &[&[1.0, 2.0, 2.0], &[1.0, 2.0, 3.0]], |x| binary(Max, &x[0], &x[1]));
        check_gradient("where", device, &[&[0.7, 2.3], &[1.1, 0.4]], |x| {
            select(&values(&[1.0, 0.0], &[2], DType::Bool, device), &x[0], &x[1])
        });
    }
}
