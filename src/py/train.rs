//! Variables, steps and the loop over batches.

use super::array::{Memory, Tensor, as_spec, empty};
use super::enter::enter;
use super::graph::{Graph, plan_step};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Error;
use crate::ops::Id;
use crate::shape::Spec;
use crate::tensor;
use crate::train::{data, run, step};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A value that steps read and update.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Variable(Arc<step::Variable>);

#[pymethods]
impl Variable {
    #[new]
    fn new(value: &Tensor) -> Self {
        Self(Arc::new(step::Variable::new(value.0.clone())))
    }

    fn value(&self, py: Python<'_>) -> PyResult<Tensor> {
        enter(py, || Ok(self.0.value())).map(Tensor)
    }

    fn assign(&self, py: Python<'_>, value: &Tensor) -> PyResult<()> {
        let value = value.0.clone();
        enter(py, || self.0.assign(value))
    }

    /// Move the value to another device.
    fn to(&self, py: Python<'_>, device: &str) -> PyResult<()> {
        let device = Device::parse(device)?;
        enter(py, || self.0.move_to(device))
    }
}

/// A planned computation over variables and what each run is given.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Step(Arc<step::Step>);

/// What a leaf of a run's input is kept by.
enum Leaf<'py> {
    Array(Memory, #[allow(dead_code)] Bound<'py, PyUntypedArray>),
    Tensor(tensor::Tensor),
}

fn leaf<'py>(given: &Bound<'py, PyAny>, position: usize, spec: &Spec) -> PyResult<Leaf<'py>> {
    let unfit = |shape: String, dtype: &str| {
        Error::value(format!(
            "Input {position} of a compiled computation does not fit. Expected: shape {}, dtype {}. \
             Received: shape {shape}, dtype {dtype}",
            spec.shape, spec.dtype
        ))
    };
    if let Ok(tensor) = given.cast::<Tensor>() {
        let tensor = &tensor.get().0;
        if tensor.spec != *spec {
            return Err(unfit(tensor.spec.shape.to_string(), tensor.spec.dtype.name()).into());
        }
        return Ok(Leaf::Tensor(tensor.clone()));
    }
    let array = as_spec(given, spec)?;
    if array.shape() != spec.shape.dims() {
        return Err(unfit(crate::shape::Shape::from(array.shape()).to_string(), spec.dtype.name()).into());
    }
    Ok(Leaf::Array(Memory::of(&array)?, array))
}

#[pymethods]
impl Step {
    /// `updates` holds a variable's position and its new value.
    #[new]
    fn new(
        py: Python<'_>,
        graph: &Graph,
        variables: Vec<PyRef<'_, Variable>>,
        sources: Vec<Id>,
        updates: Vec<(usize, Id)>,
        inputs: Vec<Id>,
        results: Vec<Id>,
    ) -> PyResult<Self> {
        let variables: Vec<_> = variables.iter().map(|variable| variable.0.clone()).collect();
        let graph = graph.lock();
        let graph = &*graph;
        enter(py, || {
            let plan = plan_step(graph, &sources, &updates, &inputs, &results)?;
            Ok(Self(Arc::new(step::Step::new(plan, variables))))
        })
    }

    /// For each instruction its name, and the bytes of each array that it reads and writes.
    fn traffic(&self) -> Vec<(String, Vec<usize>, Vec<usize>)> {
        self.0.traffic().into_iter().map(|each| (each.name, each.reads, each.writes)).collect()
    }

    /// Run once on arrays or tensors of the planned shapes.
    fn run(&self, py: Python<'_>, leaves: Vec<Bound<'_, PyAny>>) -> PyResult<Vec<Tensor>> {
        let step = &self.0;
        let specs = step.inputs();
        if leaves.len() != specs.len() {
            return Err(Error::value(format!("Expected {} inputs. Received: {}", specs.len(), leaves.len())).into());
        }
        let held = (leaves.iter().zip(specs).enumerate())
            .map(|(position, (given, spec))| leaf(given, position, spec))
            .collect::<PyResult<Vec<_>>>()?;
        let mut hosts = Vec::new();
        for leaf in &held {
            if let Leaf::Tensor(tensor) = leaf {
                hosts.push(tensor.to_host()?);
            }
        }
        let mut next = hosts.iter();
        let inputs: Vec<&[u8]> = (held.iter())
            .map(|leaf| match leaf {
                Leaf::Array(memory, _) => memory.bytes(),
                Leaf::Tensor(_) => next.next().expect("one host memory for each tensor").bytes(),
            })
            .collect();
        enter(py, || {
            let mut buffers: Vec<_> =
                step.results().iter().map(|spec| crate::kernels::memory::Buffer::new(spec.bytes())).collect();
            let mut targets: Vec<&mut [u8]> = buffers.iter_mut().map(|buffer| buffer.bytes_mut()).collect();
            step.run(&inputs, &mut targets)?;
            (buffers.into_iter().zip(step.results()))
                .map(|(buffer, spec)| tensor::Tensor::host(buffer, spec.clone()).to_device(step.device()).map(Tensor))
                .collect()
        })
    }

    /// Run once, giving numpy arrays.
    fn run_to_numpy<'py>(&self, py: Python<'py>, leaves: Vec<Bound<'py, PyAny>>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let results = self.0.results();
        let arrays = results.iter().map(|spec| empty(py, spec)).collect::<PyResult<Vec<_>>>()?;
        let tensors = self.run(py, leaves)?;
        for (array, tensor) in arrays.iter().zip(tensors) {
            let target = Memory::of(array.cast::<PyUntypedArray>()?)?;
            // SAFETY: the array was just made, nobody else has it.
            unsafe { target.bytes_mut() }.copy_from_slice(tensor.0.to_host()?.bytes());
        }
        Ok(arrays)
    }
}

/// A numpy array whose rows are read where they are.
struct Rows {
    memory: Memory,
    dims: Vec<usize>,
    count: usize,
    /// Keeps the array alive.
    _array: Py<PyUntypedArray>,
}

impl data::Source for Rows {
    fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    fn dtype(&self) -> DType {
        self.memory.spec.dtype
    }

    fn row(&self) -> &[usize] {
        &self.dims
    }

    fn rows(&self) -> usize {
        self.count
    }
}

/// Arrays whose rows are handed out in batches.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Data(Arc<Mutex<data::Data>>);

#[pymethods]
impl Data {
    #[new]
    fn new(arrays: Vec<Bound<'_, PyUntypedArray>>, dtypes: Vec<String>, batch_size: usize) -> PyResult<Self> {
        let mut sources: Vec<Box<dyn data::Source>> = Vec::with_capacity(arrays.len());
        for array in arrays {
            let memory = Memory::of(&array)?;
            let Some((&count, dims)) = memory.spec.shape.dims().split_first() else {
                return Err(Error::value("Data needs arrays with at least one dimension. Received: shape ()").into());
            };
            let dims = dims.to_vec();
            sources.push(Box::new(Rows { memory, dims, count, _array: array.unbind() }));
        }
        let dtypes = dtypes.iter().map(|name| DType::parse(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(Arc::new(Mutex::new(data::Data::new(sources, dtypes, batch_size)?))))
    }

    /// Put the rows in a new order, which depends on the seed alone; perhaps every batch keeps its rows.
    #[pyo3(signature = (seed, within_batches = false))]
    fn shuffle(&self, py: Python<'_>, seed: u64, within_batches: bool) -> PyResult<()> {
        enter(py, || {
            self.lock().shuffle(seed, within_batches);
            Ok(())
        })
    }

    /// Put the rows in their own order.
    fn sequential(&self) {
        self.lock().sequential();
    }

    #[getter]
    fn rows(&self) -> usize {
        self.lock().rows
    }

    #[getter]
    fn batches(&self) -> usize {
        self.lock().batches()
    }
}

impl Data {
    fn lock(&self) -> std::sync::MutexGuard<'_, data::Data> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Running {
    runner: run::Runner,
    collected: Option<Vec<(Memory, Py<PyUntypedArray>)>>,
}

/// A pass over data, run a stretch at a time.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Runner {
    data: Arc<Mutex<data::Data>>,
    running: Mutex<Running>,
    device: Device,
}

impl Runner {
    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Runner {
    #[new]
    #[pyo3(signature = (data, full, tail))]
    fn new(data: &Data, full: Option<PyRef<'_, Step>>, tail: Option<PyRef<'_, Step>>) -> PyResult<Self> {
        let device = full.as_ref().or(tail.as_ref()).map_or(Device::Cpu, |step| step.0.device());
        let step = |step: Option<PyRef<'_, Step>>| step.map(|step| step.0.clone());
        let runner = run::Runner::new(&data.lock(), step(full), step(tail))?;
        Ok(Self { data: data.0.clone(), running: Mutex::new(Running { runner, collected: None }), device })
    }

    /// Begin a pass, perhaps after its first batches.
    #[pyo3(signature = (batch = 0))]
    fn start(&self, batch: usize) -> PyResult<()> {
        let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.lock().runner.start(&data, batch)?)
    }

    /// Write each batch's results into the rows of these arrays.
    fn collect(&self, outputs: Vec<Bound<'_, PyUntypedArray>>) -> PyResult<()> {
        let outputs = outputs.into_iter().map(|array| Ok((Memory::of(&array)?, array.unbind())));
        self.lock().collected = Some(outputs.collect::<PyResult<Vec<_>>>()?);
        Ok(())
    }

    /// Run for so many seconds or steps, or to the end of the pass; gives the batches done in this pass.
    #[pyo3(signature = (seconds, steps = -1))]
    fn run(&self, py: Python<'_>, seconds: f64, steps: i64) -> PyResult<usize> {
        let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        enter(py, || {
            let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
            let Running { runner, collected } = &mut *self.lock();
            let rows = collected.as_ref().map(|arrays| {
                // SAFETY: these arrays were made for the results; the runner's lock is held while they are written.
                arrays.iter().map(|(memory, _)| unsafe { memory.bytes_mut() }).collect()
            });
            runner.run(&data, time, steps, rows)
        })
    }

    /// Batches done in this pass.
    #[getter]
    fn position(&self) -> usize {
        self.lock().runner.position()
    }

    /// The results of the last batch.
    fn results(&self) -> PyResult<Vec<Tensor>> {
        let running = self.lock();
        (running.runner.results().into_iter())
            .map(|(spec, buffer)| Ok(Tensor(tensor::Tensor::from_bytes(buffer.bytes(), spec.clone(), self.device)?)))
            .collect()
    }
}
