//! Convolutions and their gradients. burn has the channels of images and the filters of kernels first, and lays results
//! out as it likes: moving an axis costs nothing.

use super::Value;
use super::layout::{broadcast_to, pad, slice, transpose};
use crate::error::Result;
use crate::kernels::conv::Window;
use crate::shape::Spec;
use burn::backend::ops::{ConvOptions, ModuleOps};
use burn::backend::{Dispatch, DispatchTensor};

/// A window and the zeros after each axis.
pub struct Convolution<'a> {
    pub window: &'a Window,
    pub high: &'a [usize],
}

/// Calls the form of an operation for as many spatial axes as the window moves along.
macro_rules! ranks {
    ($convolution:expr; $one:ident $two:ident $three:ident; $($arg:expr),*) => {
        match $convolution.window.strides.len() {
            1 => Dispatch::$one($($arg,)* $convolution.options()),
            2 => Dispatch::$two($($arg,)* $convolution.options()),
            _ => Dispatch::$three($($arg,)* $convolution.options()),
        }
    };
}

impl Convolution<'_> {
    /// Of images `[images, spatial..., channels]` and a kernel `[spatial..., channels / groups, filters]`.
    ///
    /// # Errors
    /// A device that fails; shapes are those that `output` was inferred from.
    pub fn forward(&self, x: &Value, w: &Value, output: &Spec) -> Result<Value> {
        if let Some(none) = nothing(&[x, w], output) {
            return none;
        }
        let (x, w) = (image(&self.padded(x)?)?, kernel(w)?);
        self.image_again(&x, ranks!(self; conv1d conv2d conv3d; x.tensor.clone(), w.tensor, None), output)
    }

    /// The gradient for the images, from that of what became of them.
    ///
    /// # Errors
    /// As of [`Self::forward`].
    pub fn input(&self, dy: &Value, w: &Value, output: &Spec) -> Result<Value> {
        if let Some(none) = nothing(&[dy, w], output) {
            return none;
        }
        let (low, high) = self.around();
        let mut padded = output.clone();
        padded.shape.0.iter_mut().zip(low.iter().zip(&high)).for_each(|(size, (low, high))| *size += low + high);
        // Asked for its shape alone.
        let x = image(&broadcast_to(&dy.zeros(Vec::new()), &padded.shape)?)?.tensor;
        let (dy, w) = (image(dy)?, kernel(w)?);
        let found = ranks!(self; conv1d_x_backward conv2d_x_backward conv3d_x_backward; x, w.tensor, dy.tensor.clone());
        slice(&self.image_again(&dy, found, &padded)?, &low, output.shape.dims(), &vec![1; low.len()])
    }

    /// The gradient for the kernel.
    ///
    /// # Errors
    /// As of [`Self::forward`].
    pub fn kernel(&self, x: &Value, dy: &Value, output: &Spec) -> Result<Value> {
        if let Some(none) = nothing(&[x, dy], output) {
            return none;
        }
        let w = kernel(&broadcast_to(&x.zeros(Vec::new()), &output.shape)?)?;
        let (x, dy, shape) = (image(&self.padded(x)?)?, image(dy)?, w.shape().clone());
        let found = ranks!(self; conv1d_weight_backward conv2d_weight_backward conv3d_weight_backward;
            x.tensor.clone(), w.tensor, dy.tensor);
        let found = x.with(found, shape, output.dtype);
        let rank = output.shape.rank();
        transpose(&found, &[&(2..rank).collect::<Vec<_>>()[..], &[1, 0]].concat())
    }

    /// Whether there are as many zeros before each axis as after it: what else there is, burn does not always get right.
    fn even(&self) -> bool {
        self.window.low == self.high
    }

    /// The zeros before and after the axes of images that burn is given none to put there.
    fn around(&self) -> (Vec<usize>, Vec<usize>) {
        let around = |sizes: &[usize]| {
            let sizes = if self.even() { &vec![0; sizes.len()] } else { sizes };
            [&[0], sizes, &[0]].concat()
        };
        (around(&self.window.low), around(self.high))
    }

    fn padded(&self, x: &Value) -> Result<Value> {
        let (low, high) = self.around();
        pad(x, &x.zeros(Vec::new()), &low, &high, &vec![0; low.len()])
    }

    fn options<const N: usize>(&self) -> ConvOptions<N> {
        let of = |sizes: &[usize]| std::array::from_fn(|axis| sizes[axis]);
        let padding = if self.even() { of(self.high) } else { [0; N] };
        ConvOptions::new(of(&self.window.strides), padding, of(&self.window.dilation), self.window.groups)
    }

    /// burn's result as an image with its channels last.
    fn image_again(&self, like: &Value, tensor: DispatchTensor, output: &Spec) -> Result<Value> {
        let rank = output.shape.rank();
        let dims = output.shape.dims();
        let found = like.with(tensor, [&[dims[0], dims[rank - 1]], &dims[1..rank - 1]].concat(), output.dtype);
        transpose(&found, &[&[0], &(2..rank).collect::<Vec<_>>()[..], &[1]].concat())
    }
}

/// The result of arrays of which one has no elements, or that has none itself.
fn nothing(inputs: &[&Value], output: &Spec) -> Option<Result<Value>> {
    let empty = inputs.iter().any(|input| input.is_empty());
    inputs[0].vacant(output).or_else(|| empty.then(|| Ok(inputs[0].zeros(output.shape.clone()))))
}

fn image(x: &Value) -> Result<Value> {
    let rank = x.shape().rank();
    transpose(x, &[&[0, rank - 1], &(1..rank - 1).collect::<Vec<_>>()[..]].concat())
}

fn kernel(w: &Value) -> Result<Value> {
    let rank = w.shape().rank();
    transpose(w, &[&[rank - 1, rank - 2], &(0..rank - 2).collect::<Vec<_>>()[..]].concat())
}
