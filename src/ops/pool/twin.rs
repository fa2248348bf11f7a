//! Pooling as element-wise operations on slices, one for each place of the window: what other devices run, and what the
//! kernels are compared with.

use super::Slide;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernels::map::{Binary, Unary};
use crate::kernels::pool::Reduction;
use crate::ops::engine::{self, Value};
use crate::shape::{Shape, Spec};

impl Slide {
    /// The window's places, each as an index for every spatial axis.
    fn places(&self) -> Vec<Vec<usize>> {
        let size = &self.window.size;
        (0..size.iter().product())
            .map(|mut flat: usize| {
                let mut place = vec![0; size.len()];
                for axis in (0..place.len()).rev() {
                    place[axis] = flat % size[axis];
                    flat /= size[axis];
                }
                place
            })
            .collect()
    }

    fn padded(&self, image: &Value, value: f64) -> Result<Value> {
        let around = |amounts: &[usize]| [&[0], amounts, &[0]].concat();
        let (low, high) = (around(&self.window.low), around(&self.high));
        engine::pad(image, &scalar(value, image)?, &low, &high, &vec![0; low.len()])
    }

    /// What all windows of a padded image see at one of their places.
    fn seen(&self, padded: &Value, place: &[usize], pooled: &Shape) -> Result<Value> {
        let (start, step) = ([&[0], place, &[0]].concat(), [&[1], &self.window.strides[..], &[1]].concat());
        engine::slice(padded, &start, pooled.dims(), &step)
    }

    /// The sum of what all windows give to each pixel of an image, one value for each place of the window.
    fn laid(&self, given: impl Fn(&[usize]) -> Result<Value>, image: &Shape) -> Result<Value> {
        let mut total: Option<Value> = None;
        for place in self.places() {
            let part = given(&place)?;
            let rank = image.rank();
            let (mut low, mut high, mut interior) = (vec![0; rank], vec![0; rank], vec![0; rank]);
            for (i, &k) in place.iter().enumerate() {
                let window = &self.window;
                low[i + 1] = k;
                interior[i + 1] = window.strides[i] - 1;
                let used = k + (part.shape().dims()[i + 1] - 1) * window.strides[i] + 1;
                high[i + 1] = image.dims()[i + 1] + window.low[i] + self.high[i] - used;
            }
            let part = engine::pad(&part, &scalar(0.0, &part)?, &low, &high, &interior)?;
            total = Some(match total {
                Some(total) => engine::binary(Binary::Add, &total, &part)?,
                None => part,
            });
        }
        let start = [&[0], &self.window.low[..], &[0]].concat();
        engine::slice(&total.expect("a window has places"), &start, image.dims(), &vec![1; start.len()])
    }

    /// For each place, where it is the first maximum of a window.
    fn firsts(&self, image: &Value, pooled: &Shape) -> Result<Vec<Value>> {
        let padded = self.padded(image, f64::NEG_INFINITY)?;
        let seen = self.places().iter().map(|place| self.seen(&padded, place, pooled)).collect::<Result<Vec<_>>>()?;
        let mut best = seen[0].clone();
        for seen in &seen[1..] {
            best = engine::binary(Binary::Max, &best, seen)?;
        }
        let mut open: Option<Value> = None;
        let mut firsts = Vec::new();
        for seen in &seen {
            let equal = engine::binary(Binary::Eq, seen, &best)?;
            let first = match &open {
                Some(open) => engine::binary(Binary::And, &equal, open)?,
                None => equal,
            };
            let others = engine::unary(Unary::Not, &first)?;
            open = Some(match open {
                Some(open) => engine::binary(Binary::And, &open, &others)?,
                None => others,
            });
            firsts.push(first);
        }
        Ok(firsts)
    }

    /// How many pixels each window sees.
    fn counts(&self, like: &Value, image: &Shape, pooled: &Shape) -> Result<Value> {
        let mut dims = image.0.clone();
        dims[0] = 1;
        let last = dims.len() - 1;
        dims[last] = 1;
        let one = engine::broadcast_to(&scalar(1.0, like)?, &Shape(dims))?;
        let padded = self.padded(&one, 0.0)?;
        let mut seen = pooled.clone();
        (seen.0[0], seen.0[last]) = (1, 1);
        let mut total = self.seen(&padded, &vec![0; last - 1], &seen)?;
        for place in &self.places()[1..] {
            total = engine::binary(Binary::Add, &total, &self.seen(&padded, place, &seen)?)?;
        }
        Ok(total)
    }
}

fn scalar(value: f64, like: &Value) -> Result<Value> {
    let spec = Spec::new(Vec::new(), DType::Float64);
    engine::cast(&Value::upload(&value.to_le_bytes(), &spec, &like.device())?, like.dtype())
}

pub(super) fn pool(slide: &Slide, reduction: Reduction, inputs: &[&Value], output: &Spec) -> Result<Value> {
    let pooled = &output.shape;
    let every = |padded: &Value, op: Binary| {
        let places = slide.places();
        let mut total = slide.seen(padded, &places[0], pooled)?;
        for place in &places[1..] {
            total = engine::binary(op, &total, &slide.seen(padded, place, pooled)?)?;
        }
        Ok(total)
    };
    match reduction {
        Reduction::Max => every(&slide.padded(inputs[0], f64::NEG_INFINITY)?, Binary::Max),
        Reduction::Mean => {
            let total = every(&slide.padded(inputs[0], 0.0)?, Binary::Add)?;
            engine::binary(Binary::Div, &total, &slide.counts(inputs[0], inputs[0].shape(), pooled)?)
        }
        Reduction::Select => {
            let padded = slide.padded(inputs[1], 0.0)?;
            let mut chosen = inputs[1].zeros(pooled.clone());
            for (first, place) in slide.firsts(inputs[0], pooled)?.iter().zip(slide.places()) {
                chosen = engine::select(first, &slide.seen(&padded, &place, pooled)?, &chosen)?;
            }
            Ok(chosen)
        }
    }
}

pub(super) fn spread_max(slide: &Slide, image: &Value, grad: &Value) -> Result<Value> {
    let (firsts, places) = (slide.firsts(image, grad.shape())?, slide.places());
    let zero = scalar(0.0, grad)?;
    let given = |place: &[usize]| {
        let number = places.iter().position(|known| known == place).expect("one of the places");
        engine::select(&firsts[number], grad, &zero)
    };
    slide.laid(given, image.shape())
}

pub(super) fn spread_mean(slide: &Slide, grad: &Value, output: &Spec) -> Result<Value> {
    let share = engine::binary(Binary::Div, grad, &slide.counts(grad, &output.shape, grad.shape())?)?;
    slide.laid(|_| Ok(share.clone()), &output.shape)
}
