use super::{MaxGradient, MeanGradient, Pooling, Slide};
use crate::device::Device;
use crate::dtype::DType;
use crate::kernels::pool::{Reduction, Window};
use crate::ops::engine::{self, Value};
use crate::ops::{Lowering, Op};
use crate::shape::{Shape, Spec};

fn slide(size: &[usize], strides: &[usize], low: &[usize], high: &[usize]) -> Slide {
    let window = Window { size: size.to_vec(), strides: strides.to_vec(), low: low.to_vec() };
    Slide { window, high: high.to_vec() }
}

/// Numbers of which some are equal.
fn numbers(shape: &[usize], seed: usize, device: Device) -> Value {
    let count: usize = shape.iter().product();
    let bytes: Vec<u8> = (0..count).flat_map(|i| (((i * 7919 + seed) % 13) as f64 - 6.0).to_le_bytes()).collect();
    Value::upload(&bytes, &Spec::new(shape, DType::Float64), &device).unwrap()
}

fn kernel_equals_twin(op: &dyn Op, inputs: &[&Value]) -> Value {
    let spec = op.infer(&inputs.iter().map(|input| input.spec()).collect::<Vec<_>>()).unwrap();
    let Lowering::Kernel(kernel) = op.lower() else { panic!("{op:?} has a kernel") };
    let twin = op.run(inputs, &spec).unwrap();
    let found = engine::host(&*kernel, inputs, &spec).unwrap();
    assert_eq!(twin.spec(), &spec);
    let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap());
    for (found, wanted) in found.download().unwrap().chunks(8).zip(twin.download().unwrap().chunks(8)) {
        assert!((number(found) - number(wanted)).abs() < 1e-12, "{op:?}");
    }
    found
}

#[test]
fn kernels_equal_their_twins() {
    let cases = [
        (vec![2, 9, 3], slide(&[2], &[2], &[0], &[0])),
        (vec![2, 10, 3], slide(&[4], &[3], &[1], &[2])),
        (vec![2, 7, 6, 5], slide(&[3, 2], &[2, 1], &[1, 0], &[1, 1])),
        (vec![1, 4, 5, 6, 2], slide(&[2, 2, 3], &[2, 1, 3], &[0, 1, 0], &[0, 0, 1])),
    ];
    for device in Device::built() {
        for (shape, slide) in &cases {
            let (image, other) = (numbers(shape, 1, device), numbers(shape, 5, device));
            for reduction in [Reduction::Max, Reduction::Mean] {
                kernel_equals_twin(&Pooling { slide: slide.clone(), reduction }, &[&image]);
            }
            let select = Pooling { slide: slide.clone(), reduction: Reduction::Select };
            let pooled = kernel_equals_twin(&select, &[&image, &other]);
            let grad = numbers(pooled.shape().dims(), 3, device);
            kernel_equals_twin(&MaxGradient { slide: slide.clone() }, &[&image, &grad]);
            let shape = image.shape().clone();
            kernel_equals_twin(&MeanGradient { slide: slide.clone(), shape }, &[&grad]);
        }
    }
}

#[test]
fn mistakes_are_named() {
    let error = |slide: Slide, shape: &[usize], dtype| {
        let op = Pooling { slide, reduction: Reduction::Max };
        op.infer(&[&Spec::new(shape, dtype)]).unwrap_err().to_string()
    };
    let good = || slide(&[2, 2], &[2, 2], &[0, 0], &[0, 0]);
    assert!(error(good(), &[2, 1, 4, 3], DType::Float32).contains("fit into the padded input"));
    assert!(error(good(), &[2, 4, 3], DType::Float32).contains("one to three spatial axes"));
    assert!(error(good(), &[2, 4, 4, 3], DType::Int32).contains("floats"));
    assert!(error(slide(&[2, 2], &[0, 2], &[0, 0], &[0, 0]), &[2, 4, 4, 3], DType::Float32).contains("at least 1"));
    assert!(error(slide(&[2, 2], &[2, 2], &[2, 0], &[0, 0]), &[2, 4, 4, 3], DType::Float32).contains("less padding"));
    let image = Spec::new(vec![2, 4, 4, 3], DType::Float32);
    assert!(MaxGradient { slide: good() }.infer(&[&image, &image]).unwrap_err().to_string().contains("(2, 2, 2, 3)"));
    let op = MeanGradient { slide: good(), shape: Shape(vec![2, 6, 4, 3]) };
    assert!(op.infer(&[&image]).is_err());
}
