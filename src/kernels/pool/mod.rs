//! Pooling over windows of images with one to three spatial axes, channels last, and its gradients.
//!
//! Channels are the vectors. What of a window lies outside the image is not there: it is no maximum, and it does not
//! count in a mean.

#![allow(unsafe_code, clippy::inline_always, reason = "pixels are raw pointers; their loops must be inlined")]

mod pixel;
#[cfg(test)]
mod tests;
mod walk;

use super::data::{Array, ArrayMut, Kernel};
use super::typed::{view, view_mut};
use crate::dtype::DType;
use pixel::{Real, Seen};
use std::ptr;
use walk::{Target, Walk};

/// How a window moves, for each spatial axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub size: Vec<usize>,
    pub strides: Vec<usize>,
    /// Pixels by which the first window begins before the image.
    pub low: Vec<usize>,
}

/// What becomes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// Input: the image. NaN is the maximum wherever there is one.
    Max,
    /// Inputs: the image and another, of which the element is taken where the first has its maximum, the first if there
    /// are several.
    Select,
    /// Input: the image.
    Mean,
}

/// From an image `[images, spatial..., channels]` to a smaller one.
#[derive(Debug, Clone)]
pub struct Pool {
    pub window: Window,
    pub reduction: Reduction,
}

impl Kernel for Pool {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float32 {
            self.reduce::<f32>(inputs, output)
        } else {
            self.reduce::<f64>(inputs, output)
        }
        Ok(())
    }
}

impl Pool {
    fn reduce<T: Real>(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) {
        let walk = Walk::new(&self.window, inputs[0].shape, output.shape);
        let (x, last) = (view::<T>(inputs[0].bytes), view::<T>(inputs[inputs.len() - 1].bytes));
        let to = Target(view_mut::<T>(output.bytes).as_mut_ptr());
        let reduce = match self.reduction {
            Reduction::Max => T::max(),
            Reduction::Select => T::select(),
            Reduction::Mean => T::mean(),
        };
        walk.share_rows(&|rows| {
            walk.windows(rows, |start, pixel, taps| {
                let seen = Seen {
                    x: x[start..].as_ptr(),
                    other: last[start..].as_ptr(),
                    to: to.at(pixel),
                    taps,
                    channels: walk.channels,
                };
                // SAFETY: taps are pixels of the images; rows of windows are shared out once.
                unsafe { reduce(&seen) };
            });
        });
    }
}

/// The gradient of an image from that of the smaller one.
///
/// Inputs for [`Reduction::Max`]: the image and the gradient; for [`Reduction::Mean`]: the gradient.
#[derive(Debug, Clone)]
pub struct Spread {
    pub window: Window,
    pub reduction: Reduction,
}

impl Kernel for Spread {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float32 {
            self.spread::<f32>(inputs, output)
        } else {
            self.spread::<f64>(inputs, output)
        }
        Ok(())
    }
}

impl Spread {
    fn spread<T: Real>(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) {
        let grad = inputs[inputs.len() - 1];
        let walk = Walk::new(&self.window, output.shape, grad.shape);
        let grad = view::<T>(grad.bytes);
        let x = (inputs.len() > 1).then(|| view::<T>(inputs[0].bytes));
        let spread = if self.reduction == Reduction::Mean { T::spread_mean() } else { T::spread_max() };
        let to = Target(view_mut::<T>(output.bytes).as_mut_ptr());
        walk.share_images(&|images, channels| {
            for image in images {
                // SAFETY: an image's channels are one thread's; all bits zero are the number zero.
                unsafe { walk.clear(to, image, &channels) };
                walk.windows(walk.rows_of(image), |start, pixel, taps| {
                    let seen = Seen {
                        x: x.map_or(ptr::null(), |x| x[start + channels.start..].as_ptr()),
                        other: grad[pixel + channels.start..].as_ptr(),
                        to: to.at(start + channels.start),
                        taps,
                        channels: channels.len(),
                    };
                    // SAFETY: taps are pixels of the image.
                    unsafe { spread(&seen) };
                });
            }
        });
    }
}
