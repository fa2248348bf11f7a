//! Pooling by burn, along two axes at a time: what other devices run, and what the kernels are compared with.

use super::Slide;
use crate::error::Result;
use crate::kernels::map::Binary;
use crate::kernels::pool::Reduction;
use crate::ops::engine::{self, Pooling, Value};
use crate::shape::{Shape, Spec};

/// One of the steps that pooling takes, and the image as it takes it.
struct Stage {
    image: Shape,
    pooling: Pooling,
}

impl Slide {
    /// Windows of three axes are pooled along the last two, then along the first: a first maximum is that of the first
    /// plane that has it.
    fn stages(&self, padded: &Shape) -> Vec<Stage> {
        let stage = |image: [usize; 4], size: [usize; 2], strides: [usize; 2]| Stage {
            image: Shape(image.to_vec()),
            pooling: Pooling { size, strides },
        };
        match (padded.dims(), &self.window.size[..], &self.window.strides[..]) {
            (&[images, width, channels], &[size], &[stride]) => {
                vec![stage([images, 1, width, channels], [1, size], [1, stride])]
            }
            (&[images, height, width, channels], &[rows, columns], &[down, right]) => {
                vec![stage([images, height, width, channels], [rows, columns], [down, right])]
            }
            (&[images, depth, height, width, channels], &[planes, rows, columns], &[deep, down, right]) => {
                let pixels = ((height - rows) / down + 1) * ((width - columns) / right + 1);
                vec![
                    stage([images * depth, height, width, channels], [rows, columns], [down, right]),
                    stage([images, depth, pixels, channels], [planes, 1], [deep, 1]),
                ]
            }
            _ => unreachable!("inferred before"),
        }
    }

    fn is_padded(&self) -> bool {
        self.window.low.iter().chain(&self.high).any(|&pixels| pixels > 0)
    }

    /// What surrounds the axes of an image.
    fn around(&self) -> (Vec<usize>, Vec<usize>) {
        let around = |amounts: &[usize]| [&[0], amounts, &[0]].concat();
        (around(&self.window.low), around(&self.high))
    }

    fn padded(&self, image: &Value, value: f64) -> Result<Value> {
        let (low, high) = self.around();
        engine::pad(image, &image.filled(Vec::new(), value), &low, &high, &vec![0; low.len()])
    }

    fn padded_shape(&self, image: &Shape) -> Shape {
        let (low, high) = self.around();
        Shape(image.dims().iter().zip(low.iter().zip(high)).map(|(size, (low, high))| low + size + high).collect())
    }

    /// What of an array like the padded image belongs to the image.
    fn cropped(&self, padded: &Value, image: &Shape) -> Result<Value> {
        engine::slice(padded, &self.around().0, image.dims(), &vec![1; image.rank()])
    }

    /// The share of each window that lies in the image.
    fn shares(&self, like: &Value, image: &Shape) -> Result<Value> {
        let mut dims = image.0.clone();
        (dims[0], dims[image.rank() - 1]) = (1, 1);
        let padded = self.padded(&like.filled(dims, 1.0), 0.0)?;
        let stages = self.stages(padded.shape());
        let shares = through(padded, stages, Pooling::mean)?;
        let spatial = self.output("average_pool", &Spec::new(image.clone(), like.dtype()))?.shape;
        let mut dims = spatial.0;
        (dims[0], dims[image.rank() - 1]) = (1, 1);
        engine::reshape(&shares, &Shape(dims))
    }
}

pub(super) fn pool(slide: &Slide, reduction: Reduction, inputs: &[&Value], output: &Spec) -> Result<Value> {
    let beyond = if reduction == Reduction::Mean { 0.0 } else { f64::NEG_INFINITY };
    let image = slide.padded(inputs[0], beyond)?;
    let stages = slide.stages(image.shape());
    let pooled = match reduction {
        Reduction::Max => through(image, stages, Pooling::max)?,
        Reduction::Mean => through(image, stages, Pooling::mean)?,
        Reduction::Select => {
            let mut chosen = slide.padded(inputs[1], 0.0)?;
            for (image, pooling) in seen(image, stages)? {
                chosen = pooling.select(&image, &engine::reshape(&chosen, image.shape())?)?;
            }
            chosen
        }
    };
    let pooled = engine::reshape(&pooled, &output.shape)?;
    if reduction == Reduction::Mean && slide.is_padded() {
        return engine::binary(Binary::Div, &pooled, &slide.shares(&pooled, inputs[0].shape())?);
    }
    Ok(pooled)
}

/// What the stages make of an image, one after the other.
fn through(image: Value, stages: Vec<Stage>, pool: fn(&Pooling, &Value) -> Result<Value>) -> Result<Value> {
    stages.iter().try_fold(image, |image, stage| pool(&stage.pooling, &engine::reshape(&image, &stage.image)?))
}

/// The images that the stages see, of which each pools the one before.
fn seen(mut image: Value, stages: Vec<Stage>) -> Result<Vec<(Value, Pooling)>> {
    let mut seen: Vec<(Value, Pooling)> = Vec::new();
    for Stage { image: shape, pooling } in stages {
        if let Some((before, pooling)) = seen.last() {
            image = pooling.max(before)?;
        }
        seen.push((engine::reshape(&image, &shape)?, pooling));
    }
    Ok(seen)
}

pub(super) fn spread_max(slide: &Slide, image: &Value, grad: &Value) -> Result<Value> {
    let padded = slide.padded(image, f64::NEG_INFINITY)?;
    let shape = padded.shape().clone();
    let stages = slide.stages(&shape);
    let mut grad = grad.clone();
    for (image, pooling) in seen(padded, stages)?.iter().rev() {
        let windows = pooling.after(image.spec()).shape;
        grad = pooling.max_gradient(image, &engine::reshape(&grad, &windows)?)?;
    }
    slide.cropped(&engine::reshape(&grad, &shape)?, image.shape())
}

pub(super) fn spread_mean(slide: &Slide, grad: &Value, output: &Spec) -> Result<Value> {
    let mut grad = grad.clone();
    if slide.is_padded() {
        grad = engine::binary(Binary::Div, &grad, &slide.shares(&grad, &output.shape)?)?;
    }
    let padded = slide.padded_shape(&output.shape);
    for Stage { image, pooling } in slide.stages(&padded).into_iter().rev() {
        let windows = pooling.after(&Spec::new(image.clone(), grad.dtype())).shape;
        grad = pooling.mean_gradient(&image, &engine::reshape(&grad, &windows)?)?;
    }
    slide.cropped(&engine::reshape(&grad, &padded)?, &output.shape)
}
