//! Operations that rearrange elements.

use super::engine::{self, Value};
use super::{Attributes, Builder, Id, Lowering, Node, Op, View, arity, check_axis, same_dtype};
use crate::error::{Error, Result};
use crate::kernels::map::Fold;
use crate::kernels::pad;
use crate::shape::{Shape, Spec};
use std::sync::Arc;

pub const NAMES: [&str; 7] = ["reshape", "transpose", "broadcast_to", "flip", "slice", "pad", "concatenate"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    Some(match name {
        "reshape" => attributes.sizes("shape").map(|shape| Arc::new(Reshape { shape: Shape(shape) }) as _),
        "transpose" => {
            attributes.sizes("permutation").map(|permutation| Arc::new(Transpose { permutation }) as Arc<dyn Op>)
        }
        "broadcast_to" => attributes.sizes("shape").map(|shape| Arc::new(BroadcastTo { shape: Shape(shape) }) as _),
        "flip" => attributes.sizes("axes").map(|axes| Arc::new(Flip { axes }) as _),
        "slice" => slice(attributes),
        "pad" => padding(attributes),
        "concatenate" => attributes.size("axis").map(|axis| Arc::new(Concatenate { axis }) as _),
        _ => return None,
    })
}

fn slice(attributes: &Attributes) -> Result<Arc<dyn Op>> {
    Ok(Arc::new(Slice {
        start: attributes.sizes("start")?,
        size: attributes.sizes("size")?,
        step: attributes.sizes("step")?,
    }))
}

fn padding(attributes: &Attributes) -> Result<Arc<dyn Op>> {
    Ok(Arc::new(Pad {
        low: attributes.sizes("low")?,
        high: attributes.sizes("high")?,
        interior: attributes.sizes("interior")?,
    }))
}

fn check_rank(name: &str, argument: &str, given: &[usize], shape: &Shape) -> Result<()> {
    if given.len() == shape.rank() {
        return Ok(());
    }
    Err(Error::value(format!(
        "{name}: `{argument}` must have an entry for each of the {} dimensions of shape {shape}. Received: {given:?}",
        shape.rank()
    )))
}

#[derive(Debug)]
pub struct Reshape {
    pub shape: Shape,
}

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        if inputs[0].shape.count() != self.shape.count() {
            return Err(Error::value(format!(
                "The total size of the tensor must be unchanged. Received: shape {} and new shape {}",
                inputs[0].shape, self.shape
            )));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: inputs[0].dtype })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let shape = g.spec(node.inputs[0]).shape.clone();
        Ok(vec![Some(g.reshape(grad, &shape)?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::reshape(inputs[0], &self.shape)
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Reshape)
    }
}

#[derive(Debug)]
pub struct Transpose {
    pub permutation: Vec<usize>,
}

impl Op for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        check_rank(self.name(), "axes", &self.permutation, &inputs[0].shape)?;
        let mut sorted = self.permutation.clone();
        sorted.sort_unstable();
        if sorted.iter().enumerate().any(|(i, &axis)| i != axis) {
            return Err(Error::value(format!(
                "`axes` must be a permutation of the dimensions of shape {}. Received: axes={:?}",
                inputs[0].shape, self.permutation
            )));
        }
        let dims = self.permutation.iter().map(|&axis| inputs[0].shape.0[axis]).collect::<Vec<_>>();
        Ok(Spec::new(dims, inputs[0].dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, _: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let mut inverse = vec![0; self.permutation.len()];
        for (to, &from) in self.permutation.iter().enumerate() {
            inverse[from] = to;
        }
        Ok(vec![Some(g.transpose(grad, inverse)?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::transpose(inputs[0], &self.permutation)
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Transpose(self.permutation.clone()))
    }
}

#[derive(Debug)]
pub struct BroadcastTo {
    pub shape: Shape,
}

impl Op for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        let from = &inputs[0].shape;
        if from.rank() > self.shape.rank() || from.broadcast(&self.shape)? != self.shape {
            return Err(Error::value(format!(
                "Shape {from} does not broadcast to {}. Received: shape={}",
                self.shape, self.shape
            )));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: inputs[0].dtype })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let shape = g.spec(node.inputs[0]).shape.clone();
        Ok(vec![Some(g.unbroadcast(grad, &shape)?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::broadcast_to(inputs[0], &self.shape)
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Broadcast)
    }
}

#[derive(Debug)]
pub struct Flip {
    pub axes: Vec<usize>,
}

impl Op for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        self.axes.iter().try_for_each(|&axis| check_axis(self.name(), axis, &inputs[0].shape))?;
        Ok(inputs[0].clone())
    }

    fn vjp(&self, g: &mut dyn Builder, _: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        Ok(vec![Some(g.op(Arc::new(Self { axes: self.axes.clone() }), &[grad])?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::flip(inputs[0], &self.axes)
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Flip(self.axes.clone()))
    }
}

/// Along each axis, `size` elements from `start` on, every `step`-th.
#[derive(Debug)]
pub struct Slice {
    pub start: Vec<usize>,
    pub size: Vec<usize>,
    pub step: Vec<usize>,
}

impl Op for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        let shape = &inputs[0].shape;
        check_rank(self.name(), "start", &self.start, shape)?;
        check_rank(self.name(), "size", &self.size, shape)?;
        check_rank(self.name(), "step", &self.step, shape)?;
        for axis in 0..shape.rank() {
            let (start, size, step) = (self.start[axis], self.size[axis], self.step[axis]);
            if step == 0 || (size > 0 && start + (size - 1) * step >= shape.0[axis]) {
                return Err(Error::value(format!(
                    "The slice is outside of the tensor: axis {axis} of shape {shape}. \
                     Received: start={start}, size={size}, step={step}"
                )));
            }
        }
        Ok(Spec::new(self.size.clone(), inputs[0].dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let shape = g.spec(node.inputs[0]).shape.clone();
        if self.size.contains(&0) {
            let zero = g.scalar(0.0, g.spec(grad).dtype);
            return Ok(vec![Some(g.broadcast(zero, &shape)?)]);
        }
        let axes = 0..shape.rank();
        let reach = |axis: usize| self.start[axis] + (self.size[axis] - 1) * self.step[axis] + 1;
        let pad = Pad {
            low: self.start.clone(),
            high: axes.map(|axis| shape.0[axis] - reach(axis)).collect(),
            interior: self.step.iter().map(|step| step - 1).collect(),
        };
        let zero = g.scalar(0.0, g.spec(grad).dtype);
        Ok(vec![Some(g.op(Arc::new(pad), &[grad, zero])?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::slice(inputs[0], &self.start, &self.size, &self.step)
    }

    fn lower(&self) -> Lowering {
        Lowering::View(View::Slice { start: self.start.clone(), step: self.step.clone() })
    }
}

/// Along each axis `low` elements before, `high` after and `interior` between the elements, all of one value.
#[derive(Debug)]
pub struct Pad {
    pub low: Vec<usize>,
    pub high: Vec<usize>,
    pub interior: Vec<usize>,
}

impl Op for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 2)?;
        same_dtype(self.name(), inputs)?;
        let shape = &inputs[0].shape;
        for (argument, given) in [("low", &self.low), ("high", &self.high), ("interior", &self.interior)] {
            check_rank(self.name(), argument, given, shape)?;
        }
        if inputs[1].shape.count() != 1 {
            return Err(Error::value(format!("pad takes one value to pad with. Received: shape {}", inputs[1].shape)));
        }
        let dims =
            shape.0.iter().enumerate().map(|(axis, &dim)| {
                self.low[axis] + dim + dim.saturating_sub(1) * self.interior[axis] + self.high[axis]
            });
        Ok(Spec::new(dims.collect::<Vec<_>>(), inputs[0].dtype))
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let size = g.spec(node.inputs[0]).shape.0.clone();
        let step = self.interior.iter().map(|between| between + 1).collect();
        let dx = g.op(Arc::new(Slice { start: self.low.clone(), size, step }), &[grad])?;
        let mut grads = vec![Some(dx), None];
        if node.wanted[1] {
            let all = |g: &mut dyn Builder, id: Id| {
                let axes = (0..g.spec(id).shape.rank()).collect();
                g.fold(Fold::Sum, id, axes, false)
            };
            let (total, inside) = (all(g, grad)?, all(g, dx)?);
            let rest = g.sub(total, inside)?;
            let shape = g.spec(node.inputs[1]).shape.clone();
            grads[1] = Some(g.reshape(rest, &shape)?);
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::pad(inputs[0], inputs[1], &self.low, &self.high, &self.interior)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(pad::Pad {
            low: self.low.clone(),
            high: self.high.clone(),
            interior: self.interior.clone(),
        }))
    }
}

#[derive(Debug)]
pub struct Concatenate {
    pub axis: usize,
}

impl Op for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let Some(first) = inputs.first() else {
            return Err(Error::value("At least one tensor is needed to concatenate. Received: []"));
        };
        same_dtype(self.name(), inputs)?;
        check_axis(self.name(), self.axis, &first.shape)?;
        let mut shape = first.shape.clone();
        shape.0[self.axis] = 0;
        for spec in inputs {
            let mut rest = spec.shape.clone();
            let dim = rest.0.get(self.axis).copied().unwrap_or(0);
            if rest.rank() == shape.rank() {
                rest.0[self.axis] = shape.0[self.axis];
            }
            if rest != shape {
                let shapes: Vec<_> = inputs.iter().map(|spec| spec.shape.to_string()).collect();
                return Err(Error::value(format!(
                    "Tensors to concatenate must have the same shape except along axis {}. Received: {}",
                    self.axis,
                    shapes.join(", ")
                )));
            }
            shape.0[self.axis] += dim;
        }
        Ok(Spec { shape, dtype: first.dtype })
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let mut start = vec![0; g.spec(grad).shape.rank()];
        let mut grads = Vec::with_capacity(node.inputs.len());
        for (&input, &wanted) in node.inputs.iter().zip(node.wanted) {
            let size = g.spec(input).shape.0.clone();
            let width = size[self.axis];
            let step = vec![1; size.len()];
            grads.push(if wanted {
                Some(g.op(Arc::new(Slice { start: start.clone(), size, step }), &[grad])?)
            } else {
                None
            });
            start[self.axis] += width;
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        engine::concatenate(inputs, self.axis)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(pad::Concatenate { axis: self.axis }))
    }
}
