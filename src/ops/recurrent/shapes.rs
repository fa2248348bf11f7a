//! What the inputs of a recurrence must look like.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::recurrent::{Cell, Sizes};
use crate::shape::Spec;

pub(super) struct Shapes {
    pub(super) sizes: Sizes,
    pub(super) dtype: DType,
    pub(super) masked: bool,
}

impl Shapes {
    /// Check the inputs of a recurrence, which `name` asks for.
    pub(super) fn new(name: &str, cell: Cell, inputs: &[&Spec]) -> Result<Self> {
        let (count, gates) = (cell.inputs(), cell.gates());
        if inputs.len() != count && inputs.len() != count + 1 {
            return Err(Error::internal(format!(
                "{name} takes {count} inputs and perhaps a mask. Received: {}",
                inputs.len()
            )));
        }
        let (floats, mask) = inputs.split_at(count);
        let dtype = floats[0].dtype;
        if !dtype.is_float() || floats.iter().any(|spec| spec.dtype != dtype) {
            let dtypes: Vec<_> = floats.iter().map(|spec| spec.dtype.name()).collect();
            return Err(Error::dtype(format!("{name} takes floats of one dtype. Received: {}", dtypes.join(", "))));
        }
        let &[batch, steps, width] = floats[0].shape.dims() else {
            return Err(Error::value(format!(
                "{name} takes projections of shape (batch, steps, {gates} * units). Received: shape {}",
                floats[0].shape
            )));
        };
        if steps == 0 {
            return Err(Error::value(format!(
                "{name} takes sequences of at least one step. Received: projections of shape {}",
                floats[0].shape
            )));
        }
        let units = width / gates;
        let expect = |what: &str, spec: &Spec, shape: &[usize]| {
            if spec.shape.dims() == shape {
                return Ok(());
            }
            let expected = crate::shape::Shape::from(shape);
            Err(Error::value(format!(
                "{name}: {what} must have the shape {expected} to fit projections of shape {}. Received: shape {}",
                floats[0].shape, spec.shape
            )))
        };
        if units == 0 || width % gates != 0 {
            return Err(Error::value(format!(
                "{name} takes projections whose last dimension is {gates} times the units. Received: shape {}",
                floats[0].shape
            )));
        }
        expect("the recurrent kernel", floats[1], &[units, width])?;
        floats[2..2 + cell.states()].iter().try_for_each(|state| expect("a first state", state, &[batch, units]))?;
        if cell == Cell::Gru {
            expect("the recurrent bias", floats[3], &[width])?;
        }
        if let [mask] = mask {
            if mask.dtype != DType::Bool {
                return Err(Error::dtype(format!("{name} takes a bool mask. Received: dtype={}", mask.dtype)));
            }
            expect("the mask", mask, &[batch, steps])?;
        }
        Ok(Self { sizes: Sizes { batch, steps, units }, dtype, masked: !mask.is_empty() })
    }
}
