//! Convolutions as a product of matrices for each place of the kernel: what other devices run, and what the kernels are
//! compared with.

use super::shapes::Slide;
use crate::error::Result;
use crate::kernels::map::Binary;
use crate::ops::engine::{self, Value};
use crate::shape::{Shape, Spec};

/// Sizes that all three share.
struct Sizes<'a> {
    slide: &'a Slide,
    images: usize,
    input: Vec<usize>,
    kernel: Vec<usize>,
    output: Vec<usize>,
    channels: usize,
    filters: usize,
}

impl<'a> Sizes<'a> {
    fn new(slide: &'a Slide, input: &[usize], kernel: &[usize], output: &[usize]) -> Self {
        let rank = kernel.len() - 2;
        Self {
            slide,
            images: input[0],
            input: input[1..=rank].to_vec(),
            kernel: kernel[..rank].to_vec(),
            output: output[1..=rank].to_vec(),
            channels: input[rank + 1],
            filters: output[rank + 1],
        }
    }

    /// The kernel's places, each as an index for every axis.
    fn places(&self) -> Vec<Vec<usize>> {
        (0..self.kernel.iter().product())
            .map(|mut flat: usize| {
                let mut place = vec![0; self.kernel.len()];
                for axis in (0..place.len()).rev() {
                    place[axis] = flat % self.kernel[axis];
                    flat /= self.kernel[axis];
                }
                place
            })
            .collect()
    }

    /// Zeros before and after the spatial axes of an image.
    fn padding(&self) -> (Vec<usize>, Vec<usize>) {
        let around = |amounts: &[usize]| [&[0], amounts, &[0]].concat();
        (around(&self.slide.window.low), around(&self.slide.high))
    }

    /// What the padded input has where the place of the kernel is, as `[groups, pixels, channels of a group]`.
    fn seen(&self, padded: &Value, place: &[usize]) -> Result<Value> {
        let window = &self.slide.window;
        let start: Vec<usize> = place.iter().zip(&window.dilation).map(|(k, dilation)| k * dilation).collect();
        let start = [&[0], &start[..], &[0]].concat();
        let size = [&[self.images], &self.output[..], &[self.channels]].concat();
        let step = [&[1], &window.strides[..], &[1]].concat();
        self.grouped(&engine::slice(padded, &start, &size, &step)?, self.channels)
    }

    /// An image of the output's size as `[groups, pixels, channels of a group]`.
    fn grouped(&self, image: &Value, channels: usize) -> Result<Value> {
        let groups = self.slide.window.groups;
        let pixels = image.shape().count() / channels.max(1);
        let apart = engine::reshape(image, &Shape(vec![pixels, groups, channels / groups]))?;
        engine::transpose(&apart, &[1, 0, 2])
    }

    /// And back.
    fn joined(&self, grouped: &Value, channels: usize) -> Result<Value> {
        let together = engine::transpose(grouped, &[1, 0, 2])?;
        engine::reshape(&together, &Shape([&[self.images], &self.output[..], &[channels]].concat()))
    }

    /// A place of the kernel as `[groups, channels of a group, filters of a group]`.
    fn at(&self, kernel: &Value, place: &[usize]) -> Result<Value> {
        let groups = self.slide.window.groups;
        let (width, depth) = (self.channels / groups, self.filters / groups);
        let start = [place, &[0, 0]].concat();
        let size = [&vec![1; place.len()][..], &[width, self.filters]].concat();
        let slice = engine::slice(kernel, &start, &size, &vec![1; start.len()])?;
        engine::transpose(&engine::reshape(&slice, &Shape(vec![width, groups, depth]))?, &[1, 0, 2])
    }
}

fn zero(like: &Value) -> Value {
    like.zeros(Vec::new())
}

fn sum(terms: impl IntoIterator<Item = Result<Value>>) -> Result<Option<Value>> {
    let mut total: Option<Value> = None;
    for term in terms {
        let term = term?;
        total = Some(match total {
            Some(total) => engine::binary(Binary::Add, &total, &term)?,
            None => term,
        });
    }
    Ok(total)
}

pub(super) fn forward(slide: &Slide, x: &Value, w: &Value, output: &Spec) -> Result<Value> {
    let sizes = Sizes::new(slide, x.shape().dims(), w.shape().dims(), output.shape.dims());
    let (low, high) = sizes.padding();
    let padded = engine::pad(x, &zero(x), &low, &high, &vec![0; low.len()])?;
    let places = sizes.places();
    let products = places.iter().map(|place| engine::matmul(&sizes.seen(&padded, place)?, &sizes.at(w, place)?));
    let total = sum(products)?.expect("a kernel has places");
    sizes.joined(&total, sizes.filters)
}

pub(super) fn input(slide: &Slide, dy: &Value, w: &Value, output: &Spec) -> Result<Value> {
    let sizes = Sizes::new(slide, output.shape.dims(), w.shape().dims(), dy.shape().dims());
    let window = &slide.window;
    let grouped = sizes.grouped(dy, sizes.filters)?;
    let places = sizes.places();
    let parts = places.iter().map(|place| {
        let w = engine::transpose(&sizes.at(w, place)?, &[0, 2, 1])?;
        let part = sizes.joined(&engine::matmul(&grouped, &w)?, sizes.channels)?;
        // Laid where the place was in the padded input.
        let rank = place.len() + 2;
        let (mut low, mut high, mut interior) = (vec![0; rank], vec![0; rank], vec![0; rank]);
        for (i, k) in place.iter().enumerate() {
            low[i + 1] = k * window.dilation[i];
            interior[i + 1] = window.strides[i] - 1;
            let used = low[i + 1] + (sizes.output[i] - 1) * window.strides[i] + 1;
            high[i + 1] = sizes.input[i] + window.low[i] + slide.high[i] - used;
        }
        engine::pad(&part, &zero(dy), &low, &high, &interior)
    });
    let total = sum(parts)?.expect("a kernel has places");
    let (low, _) = sizes.padding();
    engine::slice(&total, &low, output.shape.dims(), &vec![1; low.len()])
}

pub(super) fn kernel(slide: &Slide, x: &Value, dy: &Value, output: &Spec) -> Result<Value> {
    let sizes = Sizes::new(slide, x.shape().dims(), output.shape.dims(), dy.shape().dims());
    let (low, high) = sizes.padding();
    let padded = engine::pad(x, &zero(x), &low, &high, &vec![0; low.len()])?;
    let grouped = sizes.grouped(dy, sizes.filters)?;
    let width = sizes.channels / slide.window.groups;
    let places = sizes.places();
    let parts = places.iter().map(|place| {
        let seen = engine::transpose(&sizes.seen(&padded, place)?, &[0, 2, 1])?;
        let part = engine::transpose(&engine::matmul(&seen, &grouped)?, &[1, 0, 2])?;
        engine::reshape(&part, &Shape(vec![1, width, sizes.filters]))
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    engine::reshape(&engine::concatenate(&parts.iter().collect::<Vec<_>>(), 0)?, &output.shape)
}
