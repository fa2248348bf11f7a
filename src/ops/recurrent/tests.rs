use super::gradient::Backward;
use super::{Outcome, Recurrence};
use crate::device::Device;
use crate::dtype::DType;
use crate::kernels::data::Kernel;
use crate::kernels::recurrent::{Backward as BackwardKernel, Cell, Forward, Sizes};
use crate::ops::engine::{self, Value};
use crate::ops::{Lowering, Op, View};
use crate::shape::{Shape, Spec};

const CELLS: [Cell; 4] = [Cell::Lstm, Cell::Gru, Cell::GruBefore, Cell::SimpleRnn];
const SIZES: Sizes = Sizes { batch: 4, steps: 6, units: 3 };

fn numbers(shape: &[usize], seed: usize, device: Device) -> Value {
    let count: usize = shape.iter().product();
    let numbers = (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 504.0 - 1.0);
    let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
    Value::upload(&bytes, &Spec::new(shape, DType::Float64), &device).unwrap()
}

fn shapes(cell: Cell) -> Vec<Vec<usize>> {
    let Sizes { batch, steps, units } = SIZES;
    let width = cell.gates() * units;
    let mut shapes = vec![vec![batch, steps, width], vec![units, width], vec![batch, units]];
    match cell {
        Cell::Lstm => shapes.push(vec![batch, units]),
        Cell::Gru => shapes.push(vec![width]),
        Cell::GruBefore | Cell::SimpleRnn => {}
    }
    shapes
}

fn inputs(cell: Cell, masked: bool, device: Device) -> Vec<Value> {
    let mut inputs: Vec<Value> = shapes(cell).iter().enumerate().map(|(i, shape)| numbers(shape, i, device)).collect();
    if masked {
        // A late start, a gap, an early end, and nothing at all.
        let flags = [[0, 1, 1, 1, 1, 1], [1, 1, 0, 0, 1, 0], [1, 1, 1, 0, 0, 0], [0; 6]].concat();
        let spec = Spec::new(vec![SIZES.batch, SIZES.steps], DType::Bool);
        inputs.push(Value::upload(&flags, &spec, &device).unwrap());
    }
    inputs
}

fn close(found: &Value, wanted: &Value, count: usize, what: &str) {
    let [found, wanted] = [found, wanted].map(|value| value.download().unwrap());
    let number = |bytes: &[u8], i: usize| f64::from_le_bytes(bytes[i * 8..][..8].try_into().unwrap());
    assert_eq!(found.len(), wanted.len(), "{what}");
    for i in 0..count {
        let (found, wanted) = (number(&found, i), number(&wanted, i));
        assert!((found - wanted).abs() < 1e-12, "{what}, element {i}: {found}, not {wanted}");
    }
}

#[test]
fn kernels_equal_their_twins() {
    for device in Device::built() {
        for cell in CELLS {
            for (reverse, masked) in [(false, false), (true, false), (false, true), (true, true)] {
                let what = format!("{cell:?} reverse={reverse} masked={masked} on {device}");
                let inputs = inputs(cell, masked, device);
                let inputs: Vec<&Value> = inputs.iter().collect();
                let specs: Vec<&Spec> = inputs.iter().map(|input| input.spec()).collect();
                let op = Recurrence { cell, reverse };
                let spec = op.infer(&specs).unwrap();
                let twin = op.run(&inputs, &spec).unwrap();
                let kernel = engine::host(&Forward { cell, reverse }, &inputs, &spec).unwrap();
                let seen = SIZES.result(cell) + cell.operands() * SIZES.all();
                close(&kernel, &twin, if masked { seen } else { spec.shape.count() }, &what);

                let grad = numbers(&[SIZES.result(cell)], 9, device);
                let mut operands = vec![&grad, &kernel, inputs[1]];
                operands.extend(inputs.get(cell.inputs()));
                let back = Backward { cell, sizes: SIZES, reverse };
                let spec = back.infer(&operands.iter().map(|value| value.spec()).collect::<Vec<_>>()).unwrap();
                let twin = back.run(&operands, &spec).unwrap();
                let kernel: &dyn Kernel = &BackwardKernel { cell, sizes: SIZES, reverse };
                let kernel = engine::host(kernel, &operands, &spec).unwrap();
                close(&kernel, &twin, spec.shape.count(), &what);
            }
        }
    }
}

#[test]
fn results_are_views() {
    let op = Outcome { cell: Cell::Lstm, reverse: false };
    let inputs = inputs(Cell::Lstm, false, Device::default());
    let inputs: Vec<&Value> = inputs.iter().collect();
    let specs: Vec<&Spec> = inputs.iter().map(|input| input.spec()).collect();
    let whole = Recurrence { cell: Cell::Lstm, reverse: false };
    let packed = whole.run(&inputs, &whole.infer(&specs).unwrap()).unwrap();
    let specs = [&[packed.spec()], &specs[..]].concat();
    let spec = op.infer(&specs).unwrap();
    assert_eq!(spec.shape.dims(), [SIZES.result(Cell::Lstm)]);
    let values = [&[&packed], &inputs[..]].concat();
    close(&op.run(&values, &spec).unwrap(), &engine::slice(&packed, &[0], spec.shape.dims(), &[1]).unwrap(), 72, "");
    assert!(matches!(op.lower(), Lowering::View(View::Slice { .. })));
    let other = Spec::new(vec![3], DType::Float64);
    assert!(op.infer(&[&[&other], &specs[1..]].concat()).is_err());
}

#[test]
fn mistakes_are_named() {
    for cell in CELLS {
        let op = Recurrence { cell, reverse: false };
        let good: Vec<Spec> = shapes(cell).into_iter().map(|shape| Spec::new(shape, DType::Float32)).collect();
        let error = |change: &dyn Fn(&mut Vec<Spec>)| {
            let mut specs = good.clone();
            change(&mut specs);
            op.infer(&specs.iter().collect::<Vec<_>>()).unwrap_err().to_string()
        };
        assert!(op.infer(&good.iter().collect::<Vec<_>>()).is_ok());
        let width = cell.gates() * SIZES.units;
        let empty = error(&|specs| specs[0].shape = Shape(vec![4, 0, width]));
        assert!(empty.contains("at least one step") && empty.ends_with(&format!("(4, 0, {width})")), "{empty}");
        assert!(error(&|specs| specs[0].shape = Shape(vec![4, width])).contains("(batch, steps, "));
        assert!(error(&|specs| specs[0].shape = Shape(vec![4, 6, 0])).contains("times the units"));
        assert!(error(&|specs| specs[1].shape = Shape(vec![9, 9])).contains("recurrent kernel"));
        assert!(error(&|specs| specs[2].shape = Shape(vec![5, 3])).contains("a first state"));
        assert!(error(&|specs| specs[2].dtype = DType::Float64).contains("one dtype"));
        assert!(error(&|specs| specs.iter_mut().for_each(|spec| spec.dtype = DType::Int32)).contains("floats"));
        assert!(error(&|specs| specs.push(Spec::new(vec![4, 5], DType::Bool))).contains("the mask"));
        assert!(error(&|specs| specs.push(Spec::new(vec![4, 6], DType::Int32))).contains("bool mask"));
        if cell == Cell::Gru {
            assert!(error(&|specs| specs[3].shape = Shape(vec![width + 1])).contains("recurrent bias"));
        }
    }
}
