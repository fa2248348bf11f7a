//! Graphs, and operations that run at once.

use super::array::Tensor;
use super::enter::enter;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::graph::plan::Plan;
use crate::graph::{self, run as running, scan};
use crate::ops::{self, Attribute, Attributes, Builder, Id};
use crate::shape::Spec;
use crate::tensor;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

/// A graph that is being built.
#[pyclass(frozen, module = "keraburn._core")]
pub struct Graph(Mutex<graph::Graph>);

impl Graph {
    pub fn lock(&self) -> MutexGuard<'_, graph::Graph> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[pymethods]
impl Graph {
    #[new]
    fn new(device: &str) -> PyResult<Self> {
        Ok(Self(Mutex::new(graph::Graph::new(Device::parse(device)?))))
    }

    #[getter]
    fn device(&self) -> &'static str {
        self.lock().device.name()
    }

    /// A value that each run is given.
    fn input(&self, shape: Vec<usize>, dtype: &str) -> PyResult<Id> {
        let dtype = DType::parse(dtype)?;
        Ok(self.lock().input(Spec::new(shape, dtype)))
    }

    fn constant(&self, tensor: &Tensor) -> PyResult<Id> {
        Ok(self.lock().constant(tensor.0.clone())?)
    }

    /// Add an operation.
    fn op(&self, name: &str, inputs: Vec<Id>, attributes: &Bound<'_, PyDict>) -> PyResult<Id> {
        let op = ops::create(name, &read(attributes)?)?;
        Ok(self.lock().op(op, &inputs)?)
    }

    /// Run `body` for each of `count` steps: its inputs are values that it carries, slices of sequences and what is the
    /// same for every step, its outputs the next carried values and results. Gives the flat last carried values and
    /// results.
    #[allow(clippy::too_many_arguments, reason = "a loop is all of this")]
    fn scan(
        &self,
        body: &Self,
        body_inputs: Vec<Id>,
        body_outputs: Vec<Id>,
        carries: usize,
        sequences: usize,
        count: usize,
        reverse: bool,
        inputs: Vec<Id>,
    ) -> PyResult<Id> {
        let body = body.lock().clone();
        body_inputs.iter().chain(&body_outputs).try_for_each(|&id| body.check(id))?;
        let body =
            scan::Body { graph: body, inputs: body_inputs, outputs: body_outputs, carries, sequences, count, reverse };
        Ok(scan::scan(&mut self.lock(), body, &inputs)?)
    }

    /// Where a value is a sum of rows by index: the indices and the rows.
    fn segments(&self, id: Id) -> PyResult<Option<(Id, Id)>> {
        let graph = self.lock();
        graph.check(id)?;
        Ok(match &graph.values[id].source {
            graph::build::Source::Op(op, inputs) if op.name() == "segment_sum" => Some((inputs[0], inputs[1])),
            _ => None,
        })
    }

    /// Shape and dtype of a value.
    fn spec<'py>(&self, py: Python<'py>, id: Id) -> PyResult<(Bound<'py, PyTuple>, &'static str)> {
        let graph = self.lock();
        graph.check(id)?;
        let spec = graph.spec(id);
        Ok((PyTuple::new(py, spec.shape.dims())?, spec.dtype.name()))
    }

    /// Gradients of `sum(target * seed)`; None where the target does not depend on a source but through `constants`.
    #[pyo3(signature = (target, sources, seed = None, constants = Vec::new()))]
    fn gradients(
        &self,
        target: Id,
        sources: Vec<Id>,
        seed: Option<Id>,
        constants: Vec<Id>,
    ) -> PyResult<Vec<Option<Id>>> {
        Ok(self.lock().gradients(target, &sources, seed, &constants)?)
    }
}

fn read(attributes: &Bound<'_, PyDict>) -> PyResult<Attributes> {
    let mut found = Attributes::default();
    for (name, value) in attributes {
        let attribute = if value.is_instance_of::<PyBool>() {
            Attribute::Bool(value.extract()?)
        } else if value.is_instance_of::<PyInt>() {
            Attribute::Int(value.extract()?)
        } else if value.is_instance_of::<PyFloat>() {
            Attribute::Float(value.extract()?)
        } else if value.is_instance_of::<PyString>() {
            Attribute::Text(value.extract()?)
        } else {
            Attribute::Ints(value.extract()?)
        };
        found.0.insert(name.extract()?, attribute);
    }
    Ok(found)
}

/// Plans of single operations, for tensors that are computed at once.
struct Eager {
    plans: HashMap<String, (Arc<Plan>, u64)>,
    clock: u64,
}

static EAGER: LazyLock<Mutex<Eager>> = LazyLock::new(|| Mutex::new(Eager { plans: HashMap::new(), clock: 0 }));
const EAGER_PLANS: usize = 2048;

impl Eager {
    fn find(&mut self, key: &str) -> Option<Arc<Plan>> {
        self.clock += 1;
        let (plan, used) = self.plans.get_mut(key)?;
        *used = self.clock;
        Some(plan.clone())
    }

    fn keep(&mut self, key: String, plan: Arc<Plan>) {
        if self.plans.len() >= EAGER_PLANS {
            // The older half goes at once, so that the search for it is rare.
            let mut ages: Vec<u64> = self.plans.values().map(|(_, used)| *used).collect();
            ages.sort_unstable();
            let median = ages[ages.len() / 2];
            self.plans.retain(|_, (_, used)| *used > median);
        }
        self.plans.insert(key, (plan, self.clock));
    }
}

/// Run one operation on concrete tensors.
#[pyfunction]
pub fn run(
    py: Python<'_>,
    name: &str,
    inputs: Vec<PyRef<'_, Tensor>>,
    attributes: &Bound<'_, PyDict>,
) -> PyResult<Tensor> {
    let attributes = read(attributes)?;
    let inputs: Vec<tensor::Tensor> = inputs.iter().map(|tensor| tensor.0.clone()).collect();
    enter(py, || {
        let device = inputs.first().map_or(Device::Cpu, tensor::Tensor::device);
        let specs: Vec<&Spec> = inputs.iter().map(|tensor| &tensor.spec).collect();
        let key = format!("{name} {attributes:?} {specs:?} {device:?}");
        let known = EAGER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).find(&key);
        let plan = match known {
            Some(plan) => plan,
            None => {
                let mut graph = graph::Graph::new(device);
                let ids: Vec<Id> = specs.iter().map(|spec| graph.input((*spec).clone())).collect();
                let output = graph.op(ops::create(name, &attributes)?, &ids)?;
                let plan = Arc::new(Plan::new(&graph, &ids, &[output], vec![None])?);
                EAGER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).keep(key, plan.clone());
                plan
            }
        };
        let mut outputs = plan.run(&inputs)?;
        outputs.pop().ok_or_else(|| Error::internal("a plan of one output gave none"))
    })
    .map(Tensor)
}

/// Burn's own gradients, to compare ours with; sources are among the inputs.
#[pyfunction]
pub fn oracle_gradients(
    py: Python<'_>,
    graph: &Graph,
    target: Id,
    sources: Vec<Id>,
    inputs: Vec<Id>,
    leaves: Vec<PyRef<'_, Tensor>>,
) -> PyResult<Vec<Option<Tensor>>> {
    let graph = graph.lock().clone();
    let feeds: Vec<tensor::Tensor> = leaves.iter().map(|leaf| leaf.0.clone()).collect();
    let found = enter(py, || running::oracle(&graph, &inputs, &feeds, target, &sources))?;
    Ok(found.into_iter().map(|gradient| gradient.map(Tensor)).collect())
}

/// Compute values of a graph operation by operation through burn: the slow twin of every plan.
#[pyfunction]
pub fn reference(
    py: Python<'_>,
    graph: &Graph,
    outputs: Vec<Id>,
    inputs: Vec<Id>,
    leaves: Vec<PyRef<'_, Tensor>>,
) -> PyResult<Vec<Tensor>> {
    let graph = graph.lock().clone();
    let feeds: Vec<tensor::Tensor> = leaves.iter().map(|leaf| leaf.0.clone()).collect();
    let found = enter(py, || {
        let feeds = feeds.iter().map(|feed| feed.to_engine(graph.device)).collect::<Result<Vec<_>>>()?;
        let values = running::interpret(&graph, &inputs, feeds, &outputs)?;
        Ok(values.into_iter().map(|value| running::engine_tensor(value, graph.device)).collect::<Vec<_>>())
    })?;
    Ok(found.into_iter().map(Tensor).collect())
}

/// The names of all operations.
#[pyfunction]
pub fn operations() -> Vec<&'static str> {
    ops::names()
}

/// The plan of a step: variables in, new values out.
pub fn plan_step(
    graph: &graph::Graph,
    sources: &[Id],
    updates: &[(usize, Id)],
    inputs: &[Id],
    results: &[Id],
) -> Result<Plan> {
    let inputs = [sources, inputs].concat();
    let outputs: Vec<Id> = updates.iter().map(|&(_, id)| id).chain(results.iter().copied()).collect();
    let donated = updates.iter().map(|&(variable, _)| Some(variable)).chain(results.iter().map(|_| None)).collect();
    Plan::new(graph, &inputs, &outputs, donated)
}
