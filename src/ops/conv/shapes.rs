//! What the inputs of a convolution must look like.

use crate::error::{Error, Result};
use crate::kernels::conv::Window;
use crate::ops::engine::Convolution;
use crate::ops::{arity, same_dtype};
use crate::shape::{Shape, Spec};

/// A window and the zeros after each axis.
#[derive(Debug, Clone)]
pub(super) struct Slide {
    pub(super) window: Window,
    pub(super) high: Vec<usize>,
}

impl Slide {
    pub(super) fn on_burn(&self) -> Convolution<'_> {
        Convolution { window: &self.window, high: &self.high }
    }

    /// The convolution of an image with a kernel.
    pub(super) fn output(&self, inputs: &[&Spec]) -> Result<Spec> {
        self.check("conv", inputs)?;
        let (x, w) = (inputs[0], inputs[1]);
        self.ranks("conv", &x.shape, &w.shape)?;
        let (x_dims, w_dims) = (x.shape.dims(), w.shape.dims());
        let rank = w_dims.len() - 2;
        let (channels, groups, width, filters) = (x_dims[rank + 1], self.window.groups, w_dims[rank], w_dims[rank + 1]);
        if width * groups != channels || filters % groups != 0 {
            return Err(Error::value(format!(
                "conv: the kernel takes {width} channels in each of {groups} groups, of which each makes an equal share of \
                 the {filters} filters; the input has {channels} channels. Received: input of shape {}, kernel of shape \
                 {}, groups={groups}",
                x.shape, w.shape
            )));
        }
        let mut dims = vec![x_dims[0]];
        dims.extend(self.sizes(&x_dims[1..=rank], &w_dims[..rank])?);
        dims.push(filters);
        Ok(Spec::new(dims, x.dtype))
    }

    /// The gradient for an input of spatial `size`, from the output's and a kernel.
    pub(super) fn input(&self, inputs: &[&Spec], size: &[usize]) -> Result<Spec> {
        const NAME: &str = "conv_input_gradient";
        self.check(NAME, inputs)?;
        let (dy, w) = (inputs[0], inputs[1]);
        self.ranks(NAME, &dy.shape, &w.shape)?;
        let (dy_dims, w_dims) = (dy.shape.dims(), w.shape.dims());
        let rank = w_dims.len() - 2;
        if dy_dims[rank + 1] != w_dims[rank + 1] || w_dims[rank + 1] % self.window.groups != 0 {
            return Err(Error::value(format!(
                "{NAME}: the kernel makes {} filters in {} groups, and the gradient has {} channels. Received: gradient of \
                 shape {}, kernel of shape {}",
                w_dims[rank + 1],
                self.window.groups,
                dy_dims[rank + 1],
                dy.shape,
                w.shape
            )));
        }
        self.fits(NAME, size, &w_dims[..rank], &dy_dims[1..=rank])?;
        let channels = w_dims[rank] * self.window.groups;
        Ok(Spec::new([&dy_dims[..1], size, &[channels]].concat(), dy.dtype))
    }

    /// The gradient for a kernel of spatial `size`, from the input and the output's gradient.
    pub(super) fn kernel(&self, inputs: &[&Spec], size: &[usize]) -> Result<Spec> {
        const NAME: &str = "conv_kernel_gradient";
        self.check(NAME, inputs)?;
        let (x, dy) = (inputs[0], inputs[1]);
        self.ranks(NAME, &x.shape, &x.shape)?;
        let (x_dims, dy_dims) = (x.shape.dims(), dy.shape.dims());
        let (rank, groups) = (x_dims.len() - 2, self.window.groups);
        let fit = dy_dims.len() == rank + 2 && x_dims[0] == dy_dims[0];
        if !fit || x_dims[rank + 1] % groups != 0 || dy_dims[rank + 1] % groups != 0 {
            return Err(Error::value(format!(
                "{NAME}: the gradient is not that of the input's convolution. Received: input of shape {}, gradient of \
                 shape {}, groups={groups}",
                x.shape, dy.shape
            )));
        }
        self.fits(NAME, &x_dims[1..=rank], size, &dy_dims[1..=rank])?;
        Ok(Spec::new([size, &[x_dims[rank + 1] / groups, dy_dims[rank + 1]]].concat(), x.dtype))
    }

    fn check(&self, name: &str, inputs: &[&Spec]) -> Result<()> {
        arity(name, inputs, 2)?;
        same_dtype(name, inputs)?;
        if !inputs[0].dtype.is_float() {
            return Err(Error::dtype(format!("{name} takes floats. Received: dtype={}", inputs[0].dtype)));
        }
        let Window { strides, dilation, groups, .. } = &self.window;
        if strides.contains(&0) || dilation.contains(&0) || *groups == 0 {
            return Err(Error::value(format!(
                "{name} takes strides, dilations and groups of at least 1. Received: strides={strides:?}, \
                 dilation={dilation:?}, groups={groups}"
            )));
        }
        Ok(())
    }

    /// Check that an image and a kernel have the axes that the window moves along.
    fn ranks(&self, name: &str, image: &Shape, kernel: &Shape) -> Result<()> {
        let Window { strides, low, dilation, .. } = &self.window;
        let rank = strides.len();
        let same = low.len() == rank && dilation.len() == rank && self.high.len() == rank;
        if (1..=3).contains(&rank) && same && image.rank() == rank + 2 && kernel.rank() == rank + 2 {
            return Ok(());
        }
        Err(Error::value(format!(
            "{name} takes an input and a kernel with one to three spatial axes, and as many strides, dilations and \
             paddings. Received: input of shape {image}, kernel of shape {kernel}, strides={strides:?}, \
             dilation={dilation:?}, padding={low:?} and {:?}",
            self.high
        )))
    }

    /// The spatial sizes of the output.
    fn sizes(&self, input: &[usize], kernel: &[usize]) -> Result<Vec<usize>> {
        let Window { strides, low, dilation, .. } = &self.window;
        let size = |i: usize| {
            let padded = input[i] + low[i] + self.high[i];
            let seen = kernel[i].checked_sub(1).map(|steps| steps * dilation[i] + 1);
            let left = seen.and_then(|seen| padded.checked_sub(seen)).ok_or_else(|| {
                Error::value(format!(
                    "The kernel does not fit into the padded input along spatial axis {i}: the output would have no \
                     element. Received: input size {}, padding {} and {}, kernel size {}, dilation {}",
                    input[i], low[i], self.high[i], kernel[i], dilation[i]
                ))
            });
            Ok(left? / strides[i] + 1)
        };
        (0..input.len()).map(size).collect()
    }

    /// Check that a gradient of spatial sizes `output` belongs to this input and kernel.
    fn fits(&self, name: &str, input: &[usize], kernel: &[usize], output: &[usize]) -> Result<()> {
        if input.len() == output.len() && kernel.len() == output.len() && self.sizes(input, kernel)? == output {
            return Ok(());
        }
        Err(Error::value(format!(
            "{name}: a convolution of an input of spatial size {} with a kernel of {} does not give {}. Received: {self:?}",
            Shape::from(input),
            Shape::from(kernel),
            Shape::from(output)
        )))
    }
}
