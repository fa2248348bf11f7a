//! Gradients, as more operations of the same graph.

use super::build::{Graph, Source};
use crate::error::{Error, Result};
use crate::ops::{Builder, Id, Node};
use std::collections::HashSet;

impl Graph {
    /// The gradients of `sum(target * seed)` with respect to `sources`; None where nothing flows.
    ///
    /// Nothing flows through `constants` to what they were computed from. Every operation's `vjp` adds nodes to this
    /// graph, so that the result can be differentiated again.
    pub fn gradients(
        &mut self,
        target: Id,
        sources: &[Id],
        seed: Option<Id>,
        constants: &[Id],
    ) -> Result<Vec<Option<Id>>> {
        self.check(target)?;
        sources.iter().chain(constants).try_for_each(|&id| self.check(id))?;
        let constants: HashSet<Id> = constants.iter().copied().collect();
        let spec = self.spec(target).clone();
        if !spec.dtype.is_float() {
            return Err(Error::dtype(format!(
                "Only floats have gradients. Received: a target of dtype={}",
                spec.dtype
            )));
        }
        let leads = self.leads_from(sources, &constants, target);
        let mut found: Vec<Option<Id>> = vec![None; target + 1];
        found[target] = Some(match seed {
            Some(id) if *self.spec(id) == spec => id,
            Some(id) => {
                return Err(Error::value(format!(
                    "The seed of a gradient must be like its target {spec:?}. Received: {:?}",
                    self.spec(id)
                )));
            }
            None => {
                let one = self.scalar(1.0, spec.dtype);
                let builder: &mut dyn Builder = self;
                builder.broadcast(one, &spec.shape)?
            }
        });
        for id in (0..=target).rev() {
            let (Some(grad), Source::Op(op, inputs)) = (found[id], self.values[id].source.clone()) else { continue };
            if constants.contains(&id) {
                continue;
            }
            if sources.contains(&id) && !inputs.iter().any(|&input| leads[input]) {
                continue;
            }
            let wanted: Vec<bool> = inputs.iter().map(|&input| leads[input]).collect();
            if !wanted.contains(&true) {
                continue;
            }
            let node = Node { inputs: &inputs, output: id, wanted: &wanted };
            let grads = op.vjp(self, &node, grad)?;
            for ((&input, grad), wanted) in inputs.iter().zip(grads).zip(wanted) {
                let (Some(grad), true) = (grad, wanted) else { continue };
                found[input] = Some(match found[input] {
                    Some(sum) => {
                        let builder: &mut dyn Builder = self;
                        builder.add(sum, grad)?
                    }
                    None => grad,
                });
            }
        }
        Ok(sources.iter().map(|&id| found.get(id).copied().flatten()).collect())
    }

    /// For each value up to `target`, whether a float path leads to it from one of `sources`, not through `constants`.
    fn leads_from(&self, sources: &[Id], constants: &HashSet<Id>, target: Id) -> Vec<bool> {
        let mut leads = vec![false; target + 1];
        for id in 0..=target {
            let value = &self.values[id];
            leads[id] = value.spec.dtype.is_float()
                && (sources.contains(&id)
                    || match &value.source {
                        Source::Op(_, inputs) if !constants.contains(&id) => inputs.iter().any(|&input| leads[input]),
                        Source::Op(..) | Source::Input | Source::Constant(_) => false,
                    });
        }
        leads
    }
}
