use super::{Conv, InputGradient, KernelGradient};
use crate::device::Device;
use crate::dtype::DType;
use crate::kernels::conv::Window;
use crate::kernels::data::Kernel;
use crate::ops::conv::shapes::Slide;
use crate::ops::engine::{self, Value};
use crate::ops::{Lowering, Op};
use crate::shape::{Shape, Spec};

fn slide(strides: &[usize], low: &[usize], high: &[usize], dilation: &[usize], groups: usize) -> Slide {
    let window = Window { strides: strides.to_vec(), low: low.to_vec(), dilation: dilation.to_vec(), groups };
    Slide { window, high: high.to_vec() }
}

fn numbers(shape: &[usize], seed: usize, device: Device) -> Value {
    let count: usize = shape.iter().product();
    let numbers = (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 504.0 - 1.0);
    let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
    Value::upload(&bytes, &Spec::new(shape, DType::Float64), &device).unwrap()
}

fn kernel_equals_twin(op: &dyn Op, inputs: &[&Value]) -> Value {
    let specs: Vec<&Spec> = inputs.iter().map(|input| input.spec()).collect();
    let spec = op.infer(&specs).unwrap();
    let Lowering::Kernel(kernel) = op.lower() else { panic!("{op:?} has a kernel") };
    let kernel: &dyn Kernel = &*kernel;
    let twin = op.run(inputs, &spec).unwrap();
    let found = engine::host(kernel, inputs, &spec).unwrap();
    assert_eq!(twin.spec(), &spec);
    let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap());
    let (found_bytes, twin_bytes) = (found.download().unwrap(), twin.download().unwrap());
    for (found, wanted) in found_bytes.chunks(8).zip(twin_bytes.chunks(8)) {
        assert!((number(found) - number(wanted)).abs() < 1e-12, "{op:?}");
    }
    found
}

#[test]
fn kernels_equal_their_twins() {
    let cases = [
        (vec![2, 9, 4], vec![3, 4, 5], slide(&[1], &[1], &[1], &[1], 1)),
        (vec![3, 11, 6], vec![4, 3, 4], slide(&[2], &[3], &[0], &[2], 2)),
        (vec![2, 7, 8, 3], vec![3, 2, 3, 4], slide(&[2, 1], &[0, 1], &[1, 0], &[1, 2], 1)),
        (vec![2, 6, 6, 4], vec![3, 3, 1, 8], slide(&[3, 2], &[1, 1], &[1, 1], &[1, 1], 4)),
        (vec![2, 5, 5, 6], vec![1, 1, 6, 3], slide(&[1, 1], &[0, 0], &[0, 0], &[1, 1], 1)),
        (vec![2, 5, 4, 6, 2], vec![2, 3, 2, 2, 3], slide(&[1, 2, 1], &[0, 1, 0], &[0, 1, 2], &[2, 1, 1], 1)),
    ];
    for device in Device::built() {
        for (input, kernel, slide) in &cases {
            let (x, w) = (numbers(input, 1, device), numbers(kernel, 2, device));
            let y = kernel_equals_twin(&Conv { slide: slide.clone() }, &[&x, &w]);
            let rank = kernel.len() - 2;
            let dy = numbers(y.shape().dims(), 3, device);
            let op = InputGradient { slide: slide.clone(), size: input[1..=rank].to_vec() };
            kernel_equals_twin(&op, &[&dy, &w]);
            let op = KernelGradient { slide: slide.clone(), size: kernel[..rank].to_vec() };
            kernel_equals_twin(&op, &[&x, &dy]);
        }
    }
}

#[test]
fn mistakes_are_named() {
    let good = slide(&[1, 1], &[0, 0], &[0, 0], &[1, 1], 1);
    let error = |slide: &Slide, x: &[usize], w: &[usize]| {
        let specs = [x, w].map(|shape| Spec::new(shape, DType::Float32));
        Conv { slide: slide.clone() }.infer(&[&specs[0], &specs[1]]).unwrap_err().to_string()
    };
    assert!(error(&good, &[2, 4, 4, 3], &[5, 3, 3, 8]).contains("does not fit into the padded input"));
    assert!(error(&good, &[2, 4, 4, 3], &[0, 3, 3, 8]).contains("kernel size 0"));
    assert!(error(&good, &[2, 4, 4, 3], &[3, 3, 4, 8]).contains("input has 3 channels"));
    assert!(error(&good, &[2, 4, 3], &[3, 3, 3, 8]).contains("one to three spatial axes"));
    let grouped = slide(&[1, 1], &[0, 0], &[0, 0], &[1, 1], 2);
    assert!(error(&grouped, &[2, 4, 4, 4], &[3, 3, 2, 7]).contains("equal share of the 7 filters"));
    let still = slide(&[0, 1], &[0, 0], &[0, 0], &[1, 1], 1);
    assert!(error(&still, &[2, 4, 4, 3], &[3, 3, 3, 8]).contains("at least 1"));
    let whole = [Spec::new(vec![2, 4, 4, 3], DType::Int32), Spec::new(vec![3, 3, 3, 8], DType::Int32)];
    assert!(Conv { slide: good.clone() }.infer(&[&whole[0], &whole[1]]).unwrap_err().to_string().contains("floats"));

    let [dy, w, x] = [vec![2, 2, 2, 8], vec![3, 3, 3, 8], vec![2, 4, 4, 3]].map(|dims| Spec::new(dims, DType::Float32));
    let input = |size: &[usize]| InputGradient { slide: good.clone(), size: size.to_vec() }.infer(&[&dy, &w]);
    assert_eq!(input(&[4, 4]).unwrap().shape, Shape(vec![2, 4, 4, 3]));
    assert!(input(&[4, 5]).unwrap_err().to_string().contains("does not give (2, 2)"));
    let kernel = |size: &[usize]| KernelGradient { slide: good.clone(), size: size.to_vec() }.infer(&[&x, &dy]);
    assert_eq!(kernel(&[3, 3]).unwrap().shape, Shape(vec![3, 3, 3, 8]));
    assert!(kernel(&[3]).is_err() && kernel(&[2, 3]).is_err());
}
