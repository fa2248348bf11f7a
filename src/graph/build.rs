//! Building a graph: shapes are inferred as nodes come, equal nodes are one node, and what does nothing is left out.

use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::map::Binary;
use crate::ops::{Builder, Id, Lowering, MapKind, Op, View};
use crate::shape::Spec;
use crate::tensor::{Tensor, number};
use std::collections::HashMap;
use std::sync::Arc;

/// Where a value comes from.
#[derive(Clone)]
pub enum Source {
    Input,
    Constant(Tensor),
    Op(Arc<dyn Op>, Vec<Id>),
}

#[derive(Clone)]
pub struct Value {
    pub spec: Spec,
    pub source: Source,
}

/// Values in an order in which they can be computed.
#[derive(Clone)]
pub struct Graph {
    pub values: Vec<Value>,
    pub device: Device,
    known: HashMap<(String, Vec<Id>), Id>,
    scalars: HashMap<(u64, DType), Id>,
}

impl Graph {
    pub fn new(device: Device) -> Self {
        Self { values: Vec::new(), device, known: HashMap::new(), scalars: HashMap::new() }
    }

    fn push(&mut self, spec: Spec, source: Source) -> Id {
        self.values.push(Value { spec, source });
        self.values.len() - 1
    }

    /// A value that each run is given.
    pub fn input(&mut self, spec: Spec) -> Id {
        self.push(spec, Source::Input)
    }

    pub fn constant(&mut self, tensor: Tensor) -> Result<Id> {
        let tensor = tensor.to_device(self.device)?;
        if tensor.spec.shape.count() == 1 && self.device == Device::Cpu {
            let known = scalar_of(&tensor);
            let id = self.scalar(known, tensor.spec.dtype);
            if tensor.spec.dtype != DType::Int64 || known.abs() < 9e15 {
                return self.reshaped(id, &tensor.spec);
            }
        }
        Ok(self.push(tensor.spec.clone(), Source::Constant(tensor)))
    }

    fn reshaped(&mut self, id: Id, spec: &Spec) -> Result<Id> {
        let builder: &mut dyn Builder = self;
        builder.reshape(id, &spec.shape)
    }

    pub fn check(&self, id: Id) -> Result<()> {
        if id < self.values.len() {
            return Ok(());
        }
        Err(Error::internal(format!("The graph has no such value. Received: {id}")))
    }

    /// The number that a value is known to be everywhere.
    pub fn known_number(&self, id: Id) -> Option<f64> {
        match &self.values[id].source {
            Source::Constant(tensor) if tensor.spec.shape.count() == 1 && tensor.device() == Device::Cpu => {
                Some(scalar_of(tensor))
            }
            Source::Op(op, inputs)
                if matches!(op.lower(), Lowering::View(View::Broadcast | View::Reshape | View::Same)) =>
            {
                self.known_number(inputs[0])
            }
            Source::Op(..) | Source::Constant(_) | Source::Input => None,
        }
    }

    /// The operand that an operation hands on unchanged, if it does.
    fn unchanged(&self, op: &dyn Op, inputs: &[Id], spec: &Spec) -> Option<Id> {
        let same = |id: Id| self.values[id].spec == *spec;
        match op.lower() {
            Lowering::View(View::Reshape | View::Broadcast) if same(inputs[0]) => Some(inputs[0]),
            Lowering::View(View::Transpose(axes)) if axes.iter().enumerate().all(|(i, &axis)| i == axis) => {
                Some(inputs[0])
            }
            Lowering::View(View::Flip(axes)) if axes.is_empty() => Some(inputs[0]),
            Lowering::View(View::Slice { step, .. }) if same(inputs[0]) && step.iter().all(|&s| s == 1) => {
                Some(inputs[0])
            }
            Lowering::Map(MapKind::Cast(_)) if same(inputs[0]) => Some(inputs[0]),
            Lowering::Fold(_, axes) if axes.is_empty() && same(inputs[0]) => Some(inputs[0]),
            Lowering::Map(MapKind::Binary(op)) => {
                let neutral = |id: Id, number: f64| self.known_number(id) == Some(number);
                let (a, b) = (inputs[0], inputs[1]);
                match op {
                    Binary::Mul if same(a) && neutral(b, 1.0) => Some(a),
                    Binary::Mul if same(b) && neutral(a, 1.0) => Some(b),
                    Binary::Div | Binary::Pow if same(a) && neutral(b, 1.0) => Some(a),
                    // x + 0 is x but for the sign of a zero.
                    Binary::Add | Binary::Sub if same(a) && neutral(b, 0.0) => Some(a),
                    Binary::Add if same(b) && neutral(a, 0.0) => Some(b),
                    _ => None,
                }
            }
            Lowering::View(_)
            | Lowering::Map(_)
            | Lowering::Fold(..)
            | Lowering::Matmul
            | Lowering::Kernel(_)
            | Lowering::Interpreted => None,
        }
    }
}

fn scalar_of(tensor: &Tensor) -> f64 {
    let bytes = tensor.to_host().expect("a tensor of the CPU");
    let bytes = bytes.bytes();
    match tensor.spec.dtype {
        DType::Float32 => f64::from(f32::from_ne_bytes(bytes.try_into().expect("four bytes"))),
        DType::Float64 => f64::from_ne_bytes(bytes.try_into().expect("eight bytes")),
        DType::Int32 => f64::from(i32::from_ne_bytes(bytes.try_into().expect("four bytes"))),
        DType::Int64 => i64::from_ne_bytes(bytes.try_into().expect("eight bytes")) as f64,
        DType::Uint8 | DType::Bool => f64::from(bytes[0]),
    }
}

impl Builder for Graph {
    fn spec(&self, id: Id) -> &Spec {
        &self.values[id].spec
    }

    fn op(&mut self, op: Arc<dyn Op>, inputs: &[Id]) -> Result<Id> {
        inputs.iter().try_for_each(|&id| self.check(id))?;
        let specs: Vec<&Spec> = inputs.iter().map(|&id| &self.values[id].spec).collect();
        let spec = op.infer(&specs)?;
        self.device.check_rank(op.name(), &spec.shape)?;
        let elements = spec.shape.0.iter().try_fold(spec.dtype.size(), |bytes, &dim| bytes.checked_mul(dim));
        if elements.is_none_or(|bytes| bytes > isize::MAX as usize) {
            return Err(Error::Memory(format!(
                "A tensor of shape {} has more elements than can be counted",
                spec.shape
            )));
        }
        if let Some(same) = self.unchanged(op.as_ref(), inputs, &spec) {
            return Ok(same);
        }
        let key = (format!("{op:?}"), inputs.to_vec());
        if let Some(&id) = self.known.get(&key) {
            return Ok(id);
        }
        let id = self.push(spec, Source::Op(op, inputs.to_vec()));
        self.known.insert(key, id);
        Ok(id)
    }

    fn scalar(&mut self, value: f64, dtype: DType) -> Id {
        let bits = value.to_bits();
        if let Some(&id) = self.scalars.get(&(bits, dtype)) {
            return id;
        }
        let spec = Spec::new(Vec::new(), dtype);
        let tensor =
            Tensor::from_bytes(&number(value, dtype), spec.clone(), self.device).expect("a scalar fits any device");
        let id = self.push(spec, Source::Constant(tensor));
        self.scalars.insert((bits, dtype), id);
        id
    }
}
