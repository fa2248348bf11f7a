//! A plan with state: variables that a run reads, and updates in place.

use crate::error::{Error, Result};
use crate::graph::plan::{How, Plan};
use crate::graph::run::{engine_tensor, interpret};
use crate::kernels::machine::External;
use crate::kernels::memory::Buffer;
use crate::kernels::traffic::Traffic;
use crate::ops::engine::Value;
use crate::shape::Spec;
use crate::tensor::{Storage, Tensor};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A value that outlives a run.
pub struct Variable(RwLock<Tensor>);

impl Variable {
    pub fn new(tensor: Tensor) -> Self {
        Self(RwLock::new(tensor))
    }

    fn read(&self) -> RwLockReadGuard<'_, Tensor> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tensor> {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn value(&self) -> Tensor {
        self.read().clone()
    }

    pub fn assign(&self, value: Tensor) -> Result<()> {
        let mut current = self.write();
        if current.spec != value.spec {
            return Err(Error::value(format!(
                "A variable keeps its shape and dtype {:?}. Received: {:?}",
                current.spec, value.spec
            )));
        }
        *current = value.to_device(current.device())?;
        Ok(())
    }

    pub fn move_to(&self, device: crate::device::Device) -> Result<()> {
        let mut current = self.write();
        *current = current.to_device(device)?;
        Ok(())
    }
}

/// Inputs of the plan: the variables, then what each run is given. Outputs: new values, then results.
pub struct Step {
    plan: Plan,
    variables: Vec<Arc<Variable>>,
    /// For each variable, whether runs update it.
    updated: Vec<bool>,
    /// Positions of the variables in an order that all steps agree on.
    order: Vec<usize>,
}

enum Guard<'a> {
    Read(RwLockReadGuard<'a, Tensor>),
    Write(RwLockWriteGuard<'a, Tensor>),
}

impl Guard<'_> {
    fn tensor(&self) -> &Tensor {
        match self {
            Self::Read(guard) => guard,
            Self::Write(guard) => guard,
        }
    }
}

/// A step whose variables are held for some runs.
pub struct Session<'a> {
    step: &'a Step,
    guards: Vec<Guard<'a>>,
}

impl Step {
    pub fn new(plan: Plan, variables: Vec<Arc<Variable>>) -> Self {
        let mut updated = vec![false; variables.len()];
        plan.donated.iter().flatten().for_each(|&variable| updated[variable] = true);
        let mut order: Vec<usize> = (0..variables.len()).collect();
        order.sort_by_key(|&position| Arc::as_ptr(&variables[position]));
        Self { plan, variables, updated, order }
    }

    /// What a run is given besides the variables.
    pub fn inputs(&self) -> &[Spec] {
        &self.plan.inputs[self.variables.len()..]
    }

    /// What a run returns besides the variables' new values.
    pub fn results(&self) -> &[Spec] {
        &self.plan.outputs[self.plan.donated.iter().flatten().count()..]
    }

    /// What a run reads and writes; empty where the plan is interpreted.
    pub fn traffic(&self) -> Vec<Traffic> {
        match &self.plan.how {
            How::Machine(machine) => machine.traffic(),
            How::Engine { .. } => Vec::new(),
        }
    }

    pub fn device(&self) -> crate::device::Device {
        match &self.plan.how {
            How::Machine(_) => crate::device::Device::Cpu,
            How::Engine { graph, .. } => graph.device,
        }
    }

    /// Hold the variables, moved to the step's device. All steps lock in one order, so that no two wait for each other.
    pub fn session(&self) -> Result<Session<'_>> {
        for variable in &self.variables {
            if variable.read().device() != self.device() {
                variable.move_to(self.device())?;
            }
        }
        let mut guards: Vec<Option<Guard<'_>>> = self.variables.iter().map(|_| None).collect();
        for &position in &self.order {
            let variable = &self.variables[position];
            let guard =
                if self.updated[position] { Guard::Write(variable.write()) } else { Guard::Read(variable.read()) };
            if guard.tensor().device() != self.device() {
                return Err(Error::value(format!(
                    "A variable is on another device than the computation. Expected: {}. Received: {}",
                    self.device().name(),
                    guard.tensor().device().name()
                )));
            }
            guards[position] = Some(guard);
        }
        Ok(Session { step: self, guards: guards.into_iter().flatten().collect() })
    }

    /// Run once on memory of the inputs' exact sizes; results go to memory of theirs.
    pub fn run(&self, inputs: &[&[u8]], results: &mut [&mut [u8]]) -> Result<()> {
        self.session()?.run(inputs, results)
    }
}

impl Session<'_> {
    pub fn run(&mut self, inputs: &[&[u8]], results: &mut [&mut [u8]]) -> Result<()> {
        let plan = &self.step.plan;
        match &plan.how {
            How::Machine(machine) => {
                let mut externals = Vec::with_capacity(plan.inputs.len() + plan.outputs.len());
                for guard in &mut self.guards {
                    externals.push(match guard {
                        Guard::Read(guard) => External::Read(host(guard)?.bytes()),
                        Guard::Write(guard) => match &mut guard.storage {
                            // Shared memory is copied first: whoever holds the old value keeps it.
                            Storage::Host(buffer) => External::Write(Arc::make_mut(buffer).bytes_mut()),
                            Storage::Engine(..) => return Err(Error::internal("a variable left the CPU")),
                        },
                    });
                }
                externals.extend(inputs.iter().map(|bytes| External::Read(bytes)));
                externals.extend(results.iter_mut().map(|bytes| External::Write(bytes)));
                machine.run(&mut externals).map_err(Error::Value)
            }
            How::Engine { .. } => {
                let values = self.start(inputs)?;
                write(&values, results)
            }
        }
    }

    /// Whether runs may be started before the last one's results are wanted: a GPU is waited for as rarely as can be.
    pub fn runs_ahead(&self) -> bool {
        self.step.device().is_gpu()
    }

    /// Begin a run on a device of burn's: its results, which may be computed later.
    pub fn start(&mut self, inputs: &[&[u8]]) -> Result<Vec<Value>> {
        let plan = &self.step.plan;
        let How::Engine { graph, inputs: ids, outputs } = &plan.how else {
            return Err(Error::internal("the processor runs at once"));
        };
        let mut feeds = Vec::with_capacity(ids.len());
        for guard in &self.guards {
            feeds.push(guard.tensor().to_engine(graph.device)?);
        }
        for (bytes, spec) in inputs.iter().zip(self.step.inputs()) {
            feeds.push(Value::upload(bytes, spec, &graph.device)?);
        }
        let mut values = interpret(graph, ids, feeds, outputs)?.into_iter();
        for variable in plan.donated.iter().flatten() {
            let value = values.next().expect("a value for each output");
            if let Guard::Write(guard) = &mut self.guards[*variable] {
                **guard = engine_tensor(value, graph.device);
            }
        }
        Ok(values.collect())
    }
}

/// Wait for results, and put them into memory of their sizes.
pub fn write(values: &[Value], results: &mut [&mut [u8]]) -> Result<()> {
    for (value, bytes) in values.iter().zip(results) {
        bytes.copy_from_slice(&value.download()?);
    }
    Ok(())
}

fn host(tensor: &Tensor) -> Result<&Buffer> {
    match &tensor.storage {
        Storage::Host(buffer) => Ok(buffer),
        Storage::Engine(..) => Err(Error::internal("a variable left the CPU")),
    }
}
