//! Convolutions of images with one to three spatial axes, channels last, and their gradients.
//!
//! Each is a sum of products of a source at places of a window that is moved over it. The source is read where it lies,
//! or, where a window leaves it, from a strip of it with a border of zeros, which stays in the caches: an unfolded image
//! is never made. Work is cut by shapes alone, and sums are made in one order, so no bit depends on the number of threads.

#![allow(
    unsafe_code,
    clippy::inline_always,
    clippy::many_single_char_names,
    reason = "operands are raw pointers; m, n, k, a, b, c"
)]

mod depthwise;
mod forward;
mod input;
mod narrow;
mod shared;
mod sweep;
#[cfg(test)]
mod tests;
mod weights;

pub use forward::Forward;
pub use input::Input;
pub use weights::Weights;

/// How a window moves: for each spatial axis, and in how many groups channels are convolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub strides: Vec<usize>,
    /// Zeros before each axis.
    pub low: Vec<usize>,
    /// Distances of the kernel's neighbours.
    pub dilation: Vec<usize>,
    pub groups: usize,
}

/// The shapes of a convolution's arrays, seen with three spatial axes.
#[derive(Debug, Clone)]
struct Geometry {
    images: usize,
    input: [usize; 3],
    kernel: [usize; 3],
    output: [usize; 3],
    strides: [usize; 3],
    low: [usize; 3],
    dilation: [usize; 3],
    groups: usize,
    /// Channels of the input and of the output.
    channels: usize,
    filters: usize,
}

impl Geometry {
    /// Of an input `[images, spatial..., channels]`, a kernel `[spatial..., channels / groups, filters]` and an output
    /// `[images, spatial..., filters]`.
    fn new(window: &Window, input: &[usize], kernel: &[usize], output: &[usize]) -> Self {
        let rank = kernel.len() - 2;
        let three = |values: &[usize], fill: usize| {
            let mut all = [fill; 3];
            all[3 - rank..].copy_from_slice(values);
            all
        };
        Self {
            images: input[0],
            input: three(&input[1..=rank], 1),
            kernel: three(&kernel[..rank], 1),
            output: three(&output[1..=rank], 1),
            strides: three(&window.strides, 1),
            low: three(&window.low, 0),
            dilation: three(&window.dilation, 1),
            groups: window.groups,
            channels: input[rank + 1],
            filters: kernel[rank + 1],
        }
    }

    /// Channels of a group of the input.
    const fn width(&self) -> usize {
        self.channels / self.groups
    }

    /// Filters of a group.
    const fn depth(&self) -> usize {
        self.filters / self.groups
    }

    fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Pixels of the output.
    fn pixels(&self) -> usize {
        self.images * self.output.iter().product::<usize>()
    }

    fn multiplications(&self) -> usize {
        self.pixels() * self.taps() * self.width() * self.filters
    }

    /// Whether every filter sees one channel.
    const fn is_depthwise(&self) -> bool {
        self.groups == self.channels && self.groups > 1
    }

    /// The same with a channel for each filter.
    fn paired(&self) -> Self {
        Self { channels: self.filters, groups: self.filters, ..self.clone() }
    }

    /// Whether it is a product of matrices: every pixel by itself.
    fn is_pointwise(&self) -> bool {
        self.taps() == 1
            && self.groups == 1
            && self.input == self.output
            && self.strides == [1; 3]
            && self.low == [0; 3]
    }
}
