//! Pooling, and its gradients: each is a gradient of the others, so all can be differentiated again.

#[cfg(test)]
mod tests;
mod twin;

use super::engine::Value;
use super::{Attributes, Builder, Id, Lowering, Node, Op, arity, same_dtype};
use crate::error::{Error, Result};
use crate::kernels::pool::{Pool, Reduction, Spread, Window};
use crate::shape::{Shape, Spec};
use std::sync::Arc;

pub const NAMES: [&str; 2] = ["max_pool", "average_pool"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    let reduction = match name {
        "max_pool" => Reduction::Max,
        "average_pool" => Reduction::Mean,
        _ => return None,
    };
    let slide = || {
        let sizes = |name: &str| attributes.sizes(name);
        let window = Window { size: sizes("size")?, strides: sizes("strides")?, low: sizes("low")? };
        Ok(Slide { window, high: sizes("high")? })
    };
    Some(slide().map(|slide| Arc::new(Pooling { slide, reduction }) as _))
}

/// A window and the pixels by which the last may reach beyond the image.
#[derive(Debug, Clone)]
struct Slide {
    window: Window,
    high: Vec<usize>,
}

impl Slide {
    /// What becomes of an image `[images, spatial..., channels]`.
    fn output(&self, name: &str, image: &Spec) -> Result<Spec> {
        let Window { size, strides, low } = &self.window;
        let rank = size.len();
        if !image.dtype.is_float() {
            return Err(Error::dtype(format!("{name} takes floats. Received: dtype={}", image.dtype)));
        }
        let same = strides.len() == rank && low.len() == rank && self.high.len() == rank;
        if !(1..=3).contains(&rank) || !same || image.shape.rank() != rank + 2 {
            return Err(Error::value(format!(
                "{name} takes an input with one to three spatial axes, and as many window sizes, strides and paddings. \
                 Received: input of shape {}, size={size:?}, strides={strides:?}, padding={low:?} and {:?}",
                image.shape, self.high
            )));
        }
        let mut dims = image.shape.0.clone();
        for i in 0..rank {
            let (padded, last) = (image.shape.0[i + 1] + low[i] + self.high[i], low[i].max(self.high[i]));
            if size[i] == 0 || strides[i] == 0 || padded < size[i] || last >= size[i] {
                return Err(Error::value(format!(
                    "{name} takes windows and strides of at least 1, windows that fit into the padded input, and less \
                     padding than the window is wide. Received: input of shape {}, size={size:?}, strides={strides:?}, \
                     padding={low:?} and {:?}",
                    image.shape, self.high
                )));
            }
            dims[i + 1] = (padded - size[i]) / strides[i] + 1;
        }
        Ok(Spec::new(dims, image.dtype))
    }

    /// Check that `pooled` is of the shape that the pooled image has.
    fn fits(&self, name: &str, image: &Spec, pooled: &Spec) -> Result<()> {
        let expected = self.output(name, image)?;
        if expected == *pooled {
            return Ok(());
        }
        Err(Error::value(format!("{name} takes a gradient like {expected:?}. Received: {pooled:?}")))
    }
}

/// The maximum or the mean of windows of an image.
#[derive(Debug, Clone)]
struct Pooling {
    slide: Slide,
    reduction: Reduction,
}

impl Op for Pooling {
    fn name(&self) -> &'static str {
        match self.reduction {
            Reduction::Max => "max_pool",
            Reduction::Select => "max_pool_select",
            Reduction::Mean => "average_pool",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let select = self.reduction == Reduction::Select;
        arity(self.name(), inputs, if select { 2 } else { 1 })?;
        same_dtype(self.name(), inputs)?;
        if select && inputs[0] != inputs[1] {
            return Err(Error::internal(format!("{} takes images of one shape. Received: {inputs:?}", self.name())));
        }
        self.slide.output(self.name(), inputs[0])
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (slide, image) = (self.slide.clone(), node.inputs[0]);
        Ok(match self.reduction {
            Reduction::Max => vec![Some(g.op(Arc::new(MaxGradient { slide }), &[image, grad])?)],
            // Where the maximum is changes only at single points.
            Reduction::Select => vec![None, Some(g.op(Arc::new(MaxGradient { slide }), &[image, grad])?)],
            Reduction::Mean => {
                let shape = g.spec(image).shape.clone();
                vec![Some(g.op(Arc::new(MeanGradient { slide, shape }), &[grad])?)]
            }
        })
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        twin::pool(&self.slide, self.reduction, inputs, output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Pool { window: self.slide.window.clone(), reduction: self.reduction }))
    }
}

/// Inputs: an image and a gradient of its pooled maxima, which goes to the first maximum of each window.
#[derive(Debug, Clone)]
struct MaxGradient {
    slide: Slide,
}

impl Op for MaxGradient {
    fn name(&self) -> &'static str {
        "max_pool_gradient"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 2)?;
        self.slide.fits(self.name(), inputs[0], inputs[1])?;
        Ok(inputs[0].clone())
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let op = Pooling { slide: self.slide.clone(), reduction: Reduction::Select };
        Ok(vec![None, Some(g.op(Arc::new(op), &[node.inputs[0], grad])?)])
    }

    fn run(&self, inputs: &[&Value], _: &Spec) -> Result<Value> {
        twin::spread_max(&self.slide, inputs[0], inputs[1])
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Spread { window: self.slide.window.clone(), reduction: Reduction::Max }))
    }
}

/// Input: a gradient of the pooled means of an image of this shape, of which each pixel in the window has an equal share.
#[derive(Debug, Clone)]
struct MeanGradient {
    slide: Slide,
    shape: Shape,
}

impl Op for MeanGradient {
    fn name(&self) -> &'static str {
        "average_pool_gradient"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        arity(self.name(), inputs, 1)?;
        let image = Spec::new(self.shape.clone(), inputs[0].dtype);
        self.slide.fits(self.name(), &image, inputs[0])?;
        Ok(image)
    }

    fn vjp(&self, g: &mut dyn Builder, _: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let op = Pooling { slide: self.slide.clone(), reduction: Reduction::Mean };
        Ok(vec![Some(g.op(Arc::new(op), &[grad])?)])
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        twin::spread_mean(&self.slide, inputs[0], output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Spread { window: self.slide.window.clone(), reduction: Reduction::Mean }))
    }
}
