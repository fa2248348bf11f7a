//! Pooling of images with two spatial axes and their channels last. burn has the channels first: moving an axis costs
//! nothing.

use super::Value;
use super::layout::{broadcast_to, reshape, transpose};
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::{Shape, Spec};
use burn::backend::ops::{FloatTensorOps, IntTensorOps, ModuleOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::IntDType;

/// How a window moves along two axes; it never leaves the image.
#[derive(Debug, Clone, Copy)]
pub struct Pooling {
    pub size: [usize; 2],
    pub strides: [usize; 2],
}

/// What burn is not asked for.
const NO_PADDING: [usize; 2] = [0, 0];
const NEIGHBOURS: [usize; 2] = [1, 1];

impl Pooling {
    /// The maxima of an image; a NaN is one wherever there is one.
    ///
    /// # Errors
    /// A device that fails, here and below.
    pub fn max(&self, x: &Value) -> Result<Value> {
        if let Some(none) = x.vacant(&self.after(x.spec())) {
            return none;
        }
        let image = channels_first(x)?.tensor;
        let max = Dispatch::max_pool2d(image.clone(), self.size, self.strides, NO_PADDING, NEIGHBOURS, false);
        if x.tracked() {
            return self.pooled(x, max);
        }
        // burn's maxima begin at the least number, and pass over NaN. Means are infinite or NaN where that is wrong; a
        // window with both infinities is NaN too.
        let mean = self.means(image);
        let least = if x.dtype() == DType::Float32 { f64::from(f32::MIN) } else { f64::MIN };
        let none = Dispatch::float_equal_elem(max.clone(), least.into(), x.truth());
        let max = Dispatch::float_mask_where(max, none, mean.clone());
        let unknown = Dispatch::float_is_nan(mean.clone(), x.truth());
        self.pooled(x, Dispatch::float_mask_where(max, unknown, mean))
    }

    /// For each pixel the gradients of the windows whose first maximum it is.
    ///
    /// # Errors
    /// As of [`Self::max`].
    pub fn max_gradient(&self, x: &Value, grad: &Value) -> Result<Value> {
        if let Some(none) = x.vacant(x.spec()) {
            return none;
        }
        let image = channels_first(x)?;
        let found = Dispatch::max_pool2d_with_indices_backward(
            image.tensor.clone(),
            self.size,
            self.strides,
            NO_PADDING,
            NEIGHBOURS,
            false,
            channels_first(grad)?.tensor,
            self.places(image.tensor),
        );
        channels_last(x, found.x_grad, x.shape())
    }

    /// The elements of another image where the first has its maxima.
    ///
    /// # Errors
    /// As of [`Self::max`].
    pub fn select(&self, x: &Value, other: &Value) -> Result<Value> {
        let spec = self.after(x.spec());
        if let Some(none) = x.vacant(&spec) {
            return none;
        }
        let flat = |shape: &Shape| Shape(vec![shape.0[0], shape.0[3], shape.0[1] * shape.0[2]]);
        let places = Dispatch::int_reshape(self.places(channels_first(x)?.tensor), flat(&spec.shape).0.into());
        let elements = reshape(&channels_first(other)?, &flat(x.shape()))?;
        let found = Dispatch::float_gather(2, elements.tensor, places);
        let [images, height, width, channels] = dims(&spec.shape);
        self.pooled(x, Dispatch::float_reshape(found, [images, channels, height, width].into()))
    }

    /// The means of an image.
    ///
    /// # Errors
    /// As of [`Self::max`].
    pub fn mean(&self, x: &Value) -> Result<Value> {
        x.vacant(&self.after(x.spec())).unwrap_or_else(|| self.pooled(x, self.means(channels_first(x)?.tensor)))
    }

    /// For each pixel of an image of that shape its share of the gradients of the windows that see it.
    ///
    /// # Errors
    /// As of [`Self::max`].
    pub fn mean_gradient(&self, shape: &Shape, grad: &Value) -> Result<Value> {
        if let Some(none) = grad.vacant(&Spec::new(shape.clone(), grad.dtype())) {
            return none;
        }
        // Asked for its shape alone.
        let image = channels_first(&broadcast_to(&grad.zeros(Vec::new()), shape)?)?.tensor;
        let windows = channels_first(grad)?.tensor;
        let found = Dispatch::avg_pool2d_backward(image, windows, self.size, self.strides, NO_PADDING, true, false);
        channels_last(grad, found, shape)
    }

    /// What becomes of an image.
    pub fn after(&self, image: &Spec) -> Spec {
        let [images, height, width, channels] = dims(&image.shape);
        let left = |size: usize, axis: usize| (size - self.size[axis]) / self.strides[axis] + 1;
        Spec::new(vec![images, left(height, 0), left(width, 1), channels], image.dtype)
    }

    fn means(&self, image: DispatchTensor) -> DispatchTensor {
        Dispatch::avg_pool2d(image, self.size, self.strides, NO_PADDING, true, false)
    }

    /// Where the first maxima are among the pixels of each channel.
    fn places(&self, image: DispatchTensor) -> DispatchTensor {
        let (size, strides, dtype) = (self.size, self.strides, IntDType::I32);
        Dispatch::max_pool2d_with_indices(image, size, strides, NO_PADDING, NEIGHBOURS, false, dtype).indices
    }

    fn pooled(&self, x: &Value, tensor: DispatchTensor) -> Result<Value> {
        channels_last(x, tensor, &self.after(x.spec()).shape)
    }
}

fn dims(image: &Shape) -> [usize; 4] {
    std::array::from_fn(|axis| image.0[axis])
}

fn channels_first(x: &Value) -> Result<Value> {
    transpose(x, &[0, 3, 1, 2])
}

/// burn's result as an image of that shape.
fn channels_last(like: &Value, tensor: DispatchTensor, image: &Shape) -> Result<Value> {
    let [images, height, width, channels] = dims(image);
    transpose(&like.with(tensor, vec![images, channels, height, width], like.dtype()), &[0, 2, 3, 1])
}
