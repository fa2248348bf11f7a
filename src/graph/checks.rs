//! Checks of values come before whatever they do not need, so that a wrong value is found before anything is updated.

use super::build::{Graph, Source};
use crate::ops::{Check, Id, Lowering};
use std::collections::HashSet;

/// The values that are needed, in an order in which they can be computed: what checks need comes first.
pub fn order(graph: &Graph, given: &HashSet<Id>, needed: impl Fn(Id) -> bool) -> (Vec<Id>, HashSet<Id>) {
    let used: Vec<Id> = (0..graph.values.len()).filter(|&id| needed(id)).collect();
    let checks: HashSet<Id> = used.iter().copied().filter(|&id| may_fail(graph, given, id)).collect();
    let mut early: HashSet<Id> = HashSet::new();
    let mut stack: Vec<Id> = checks.iter().copied().collect();
    while let Some(id) = stack.pop() {
        if early.insert(id)
            && !given.contains(&id)
            && let Source::Op(_, operands) = &graph.values[id].source
        {
            stack.extend(operands);
        }
    }
    let (mut order, rest): (Vec<Id>, Vec<Id>) = used.into_iter().partition(|id| early.contains(id));
    order.extend(rest);
    (order, checks)
}

/// Whether any value of the graph may turn out to be wrong.
pub fn any(graph: &Graph, given: &[Id]) -> bool {
    let given = given.iter().copied().collect();
    (0..graph.values.len()).any(|id| may_fail(graph, &given, id))
}

fn may_fail(graph: &Graph, given: &HashSet<Id>, id: Id) -> bool {
    let Source::Op(op, operands) = &graph.values[id].source else { return false };
    match op.check() {
        Check::Never => false,
        Check::Always => true,
        Check::Given(position) => is_given(graph, given, operands[position]),
    }
}

/// Whether elements are those that a run is given, or made of them one by one; what is found by sorting, counting or
/// searching is right by its making, and what was checked stays so.
fn is_given(graph: &Graph, given: &HashSet<Id>, id: Id) -> bool {
    let mut seen = HashSet::new();
    let mut stack = vec![id];
    while let Some(id) = stack.pop() {
        if given.contains(&id) {
            return true;
        }
        if seen.insert(id)
            && let Source::Op(op, operands) = &graph.values[id].source
            && matches!(op.lower(), Lowering::Map(_) | Lowering::View(_))
        {
            stack.extend(operands);
        }
    }
    false
}
