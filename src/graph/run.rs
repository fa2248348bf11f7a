//! Running plans.

use super::build::{Graph, Source};
use super::plan::{How, Plan};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::guard::guarded;
use crate::kernels::machine::External;
use crate::kernels::memory::Buffer;
use crate::ops::Id;
use crate::ops::engine::{self, Value};
use crate::tensor::{Storage, Tensor};
use std::collections::HashMap;

impl Plan {
    /// Run on concrete tensors; nothing is updated in place.
    pub fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        debug_assert!(self.donated.iter().all(Option::is_none));
        match &self.how {
            How::Machine(machine) => {
                let hosts = inputs.iter().map(Tensor::to_host).collect::<Result<Vec<_>>>()?;
                let mut outputs: Vec<Buffer> = self.outputs.iter().map(|spec| Buffer::new(spec.bytes())).collect();
                let mut externals: Vec<External<'_>> =
                    hosts.iter().map(|buffer| External::Read(buffer.bytes())).collect();
                externals.extend(outputs.iter_mut().map(|buffer| External::Write(buffer.bytes_mut())));
                machine.run(&mut externals).map_err(Error::Value)?;
                drop(externals);
                Ok(outputs.into_iter().zip(&self.outputs).map(|(b, spec)| Tensor::host(b, spec.clone())).collect())
            }
            How::Engine { graph, inputs: ids, outputs } => {
                let feeds = inputs.iter().map(|tensor| tensor.to_engine(graph.device)).collect::<Result<Vec<_>>>()?;
                let values = interpret(graph, ids, feeds, outputs)?;
                Ok(values.into_iter().map(|value| engine_tensor(value, graph.device)).collect())
            }
        }
    }
}

pub fn engine_tensor(value: Value, device: Device) -> Tensor {
    Tensor { spec: value.spec().clone(), storage: Storage::Engine(device, Box::new(value)) }
}

/// Compute operation by operation through burn.
pub fn interpret(graph: &Graph, inputs: &[Id], feeds: Vec<Value>, outputs: &[Id]) -> Result<Vec<Value>> {
    let work = || {
        let mut known: HashMap<Id, Value> = inputs.iter().copied().zip(feeds).collect();
        let mut readers: HashMap<Id, usize> = HashMap::new();
        let mut stack = outputs.to_vec();
        while let Some(id) = stack.pop() {
            let count = readers.entry(id).or_default();
            *count += 1;
            if *count == 1
                && !known.contains_key(&id)
                && let Source::Op(_, operands) = &graph.values[id].source
            {
                stack.extend(operands);
            }
        }
        for (id, value) in graph.values.iter().enumerate() {
            if !readers.contains_key(&id) || known.contains_key(&id) {
                continue;
            }
            let result = match &value.source {
                Source::Input => return Err(Error::value("A value of the graph is neither computed nor given")),
                Source::Constant(tensor) => tensor.to_engine(graph.device)?,
                Source::Op(op, operands) => {
                    let values: Vec<&Value> = operands.iter().map(|operand| &known[operand]).collect();
                    let result = op.run(&values, &value.spec)?.to(graph.device)?;
                    for operand in operands {
                        let left = readers.get_mut(operand).expect("operands are counted");
                        *left -= 1;
                        if *left == 0 {
                            known.remove(operand);
                        }
                    }
                    result
                }
            };
            known.insert(id, result);
        }
        Ok(outputs.iter().map(|id| known[id].clone()).collect())
    };
    graph.device.run(|| guarded(work))
}

/// Burn's own gradients of `sum(target)`, to compare ours with.
pub fn oracle(
    graph: &Graph,
    inputs: &[Id],
    feeds: &[Tensor],
    target: Id,
    sources: &[Id],
) -> Result<Vec<Option<Tensor>>> {
    let mut values = Vec::with_capacity(feeds.len());
    for (id, feed) in inputs.iter().zip(feeds) {
        let value = feed.to_engine(graph.device)?;
        values.push(if sources.contains(id) { value.leaf()? } else { value });
    }
    let result = interpret(graph, inputs, values.clone(), &[target])?;
    guarded(|| {
        let gradients = engine::backward(&result[0])?;
        sources
            .iter()
            .map(|source| {
                let position = inputs.iter().position(|id| id == source);
                let position = position.ok_or_else(|| Error::internal("the oracle takes inputs as sources"))?;
                Ok(gradients.gradient(&values[position]).map(|value| engine_tensor(value, graph.device)))
            })
            .collect()
    })
}
