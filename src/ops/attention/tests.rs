use super::{Attention, Backward};
use crate::device::Device;
use crate::dtype::DType;
use crate::kernels::attention::{self as kernel, How};
use crate::kernels::data::Kernel;
use crate::ops::Op;
use crate::ops::engine::{self, Value};
use crate::shape::Spec;

fn numbers(shape: &[usize], seed: usize, device: Device) -> Value {
    let count: usize = shape.iter().product();
    let numbers = (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 252.0 - 2.0);
    let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
    Value::upload(&bytes, &Spec::new(shape, DType::Float64), &device).unwrap()
}

fn close(found: &Value, wanted: &Value, what: &str) {
    let [found, wanted] = [found, wanted].map(|value| value.download().unwrap());
    let number = |bytes: &[u8], i: usize| f64::from_le_bytes(bytes[i * 8..][..8].try_into().unwrap());
    assert_eq!(found.len(), wanted.len(), "{what}");
    for i in 0..found.len() / 8 {
        let (found, wanted) = (number(&found, i), number(&wanted, i));
        assert!((found - wanted).abs() <= 1e-11 * wanted.abs().max(1.0), "{what}, element {i}: {found}, not {wanted}");
    }
}

#[test]
fn kernels_equal_their_twins() {
    for device in Device::built() {
        // Several blocks of queries and keys; heads that share keys; more queries than keys, and fewer.
        for (queries, keys, heads, shared) in [(5, 7, 2, 2), (150, 300, 2, 1), (300, 20, 3, 3), (131, 513, 4, 2)] {
            for (causal, masked) in [(false, 0), (true, 0), (false, 1), (false, 2), (true, 1), (true, 2)] {
                let what = format!("{queries} {keys} {heads} {shared} causal={causal} masked={masked} on {device}");
                let mut inputs = vec![
                    numbers(&[2, queries, heads, 3], 1, device),
                    numbers(&[2, keys, shared, 3], 2, device),
                    numbers(&[2, keys, shared, 5], 3, device),
                ];
                if masked > 0 {
                    let shape = vec![2, heads, queries, keys];
                    let count: usize = shape.iter().product();
                    // One query sees nothing.
                    let flags: Vec<u8> = (0..count).map(|i| u8::from(i / keys != 3 && i % 5 != i / keys % 3)).collect();
                    inputs.push(Value::upload(&flags, &Spec::new(shape, DType::Bool), &device).unwrap());
                }
                if masked > 1 {
                    // The first keys are hidden from all queries, so that some see none that comes before them.
                    let flags: Vec<u8> = (0..2 * keys).map(|i| u8::from(i % keys > 2 + i / keys)).collect();
                    let spec = Spec::new(vec![2, 1, 1, keys], DType::Bool);
                    inputs.push(Value::upload(&flags, &spec, &device).unwrap());
                }
                let how = How { scale: 0.3, causal };
                let inputs: Vec<&Value> = inputs.iter().collect();
                let spec = Attention(how).infer(&inputs.iter().map(|input| input.spec()).collect::<Vec<_>>()).unwrap();
                let twin = Attention(how).run(&inputs, &spec).unwrap();
                let kernel: &dyn Kernel = &kernel::Forward(how);
                let found = engine::host(kernel, &inputs, &spec).unwrap();
                close(&found, &twin, &what);

                let grad = numbers(&[2 * queries * heads * 5], 9, device);
                let operands = [&[&grad, &twin], inputs.as_slice()].concat();
                let specs: Vec<&Spec> = operands.iter().map(|value| value.spec()).collect();
                let spec = Backward(how).infer(&specs).unwrap();
                let twin = Backward(how).run(&operands, &spec).unwrap();
                let kernel: &dyn Kernel = &kernel::Backward(how);
                close(&engine::host(kernel, &operands, &spec).unwrap(), &twin, &what);
            }
        }
    }
}
