//! Convolutions, and their gradients, of which each is a convolution of the others: all can be differentiated again.

mod shapes;
#[cfg(test)]
mod tests;

use super::engine::Value;
use super::{Attributes, Builder, Id, Lowering, Node, Op};
use crate::error::Result;
use crate::kernels::conv::{Forward, Input, Weights, Window};
use crate::shape::Spec;
use shapes::Slide;
use std::sync::Arc;

pub const NAMES: [&str; 2] = ["conv", "conv_input_gradient"];

pub fn create(name: &str, attributes: &Attributes) -> Option<Result<Arc<dyn Op>>> {
    let slide = || {
        let sizes = |name: &str| attributes.sizes(name);
        let window = Window {
            strides: sizes("strides")?,
            low: sizes("low")?,
            dilation: sizes("dilation")?,
            groups: attributes.size("groups")?,
        };
        Ok(Slide { window, high: sizes("high")? })
    };
    Some(match name {
        "conv" => slide().map(|slide| Arc::new(Conv { slide }) as _),
        "conv_input_gradient" => {
            let size = attributes.sizes("size");
            slide().and_then(|slide| Ok(Arc::new(InputGradient { slide, size: size? }) as _))
        }
        _ => return None,
    })
}

/// Inputs: `[images, spatial..., channels]` and a kernel `[spatial..., channels / groups, filters]`.
///
/// `y[n, o, f] = Σ_k Σ_c x[n, o · stride + k · dilation - low, c] · w[k, c, f]`, with the channels `c` of the group of `f`.
#[derive(Debug, Clone)]
struct Conv {
    slide: Slide,
}

/// The gradient of [`Conv`] for its input of spatial `size`, from that of its output, and its kernel.
#[derive(Debug, Clone)]
struct InputGradient {
    slide: Slide,
    size: Vec<usize>,
}

/// The gradient of [`Conv`] for its kernel of spatial `size`, from its input, and the gradient of its output.
#[derive(Debug, Clone)]
struct KernelGradient {
    slide: Slide,
    size: Vec<usize>,
}

/// The spatial axes of an image, or of a kernel.
fn spatial(g: &dyn Builder, image: Id) -> Vec<usize> {
    let dims = g.spec(image).shape.dims();
    dims[1..dims.len() - 1].to_vec()
}

fn places(g: &dyn Builder, kernel: Id) -> Vec<usize> {
    let dims = g.spec(kernel).shape.dims();
    dims[..dims.len() - 2].to_vec()
}

impl Op for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        self.slide.output(inputs)
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (x, w) = (node.inputs[0], node.inputs[1]);
        let mut grads = vec![None, None];
        if node.wanted[0] {
            let op = InputGradient { slide: self.slide.clone(), size: spatial(g, x) };
            grads[0] = Some(g.op(Arc::new(op), &[grad, w])?);
        }
        if node.wanted[1] {
            let op = KernelGradient { slide: self.slide.clone(), size: places(g, w) };
            grads[1] = Some(g.op(Arc::new(op), &[x, grad])?);
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        self.slide.on_burn().forward(inputs[0], inputs[1], output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Forward { window: self.slide.window.clone(), bias: false, relu: false }))
    }
}

impl Op for InputGradient {
    fn name(&self) -> &'static str {
        "conv_input_gradient"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        self.slide.input(inputs, &self.size)
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (dy, w) = (node.inputs[0], node.inputs[1]);
        let mut grads = vec![None, None];
        if node.wanted[0] {
            grads[0] = Some(g.op(Arc::new(Conv { slide: self.slide.clone() }), &[grad, w])?);
        }
        if node.wanted[1] {
            let op = KernelGradient { slide: self.slide.clone(), size: places(g, w) };
            grads[1] = Some(g.op(Arc::new(op), &[grad, dy])?);
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        self.slide.on_burn().input(inputs[0], inputs[1], output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Input { window: self.slide.window.clone() }))
    }
}

impl Op for KernelGradient {
    fn name(&self) -> &'static str {
        "conv_kernel_gradient"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        self.slide.kernel(inputs, &self.size)
    }

    fn vjp(&self, g: &mut dyn Builder, node: &Node<'_>, grad: Id) -> Result<Vec<Option<Id>>> {
        let (x, dy) = (node.inputs[0], node.inputs[1]);
        let mut grads = vec![None, None];
        if node.wanted[0] {
            let op = InputGradient { slide: self.slide.clone(), size: spatial(g, x) };
            grads[0] = Some(g.op(Arc::new(op), &[dy, grad])?);
        }
        if node.wanted[1] {
            grads[1] = Some(g.op(Arc::new(Conv { slide: self.slide.clone() }), &[x, grad])?);
        }
        Ok(grads)
    }

    fn run(&self, inputs: &[&Value], output: &Spec) -> Result<Value> {
        self.slide.on_burn().kernel(inputs[0], inputs[1], output)
    }

    fn lower(&self) -> Lowering {
        Lowering::Kernel(Arc::new(Weights { window: self.slide.window.clone() }))
    }
}
