//! A graph as the CPU sees it: only what the outputs need, and views resolved into layouts.

use super::build::{Graph, Source};
use super::checks;
use super::layout::Layout;
use crate::error::{Error, Result};
use crate::kernels::data::Kernel;
use crate::kernels::map::{Binary, Fold, Unary};
use crate::ops::{Id, Lowering, MapKind, View};
use crate::shape::{Shape, Spec};
use crate::tensor::Tensor;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A node's memory, seen through a layout.
#[derive(Clone)]
pub struct Operand {
    pub node: usize,
    pub layout: Layout,
}

pub enum Kind {
    Input(usize),
    Constant(Tensor),
    Map(MapKind, Vec<Operand>),
    Fold(Fold, Vec<usize>, Operand),
    Matmul { a: Operand, b: Operand, bias: Option<Operand>, relu: bool },
    Kernel(Arc<dyn Kernel>, Vec<Operand>),
}

pub struct Node {
    pub spec: Spec,
    pub kind: Kind,
}

impl Node {
    pub fn operands(&self) -> Vec<&Operand> {
        match &self.kind {
            Kind::Input(_) | Kind::Constant(_) => Vec::new(),
            Kind::Map(_, operands) | Kind::Kernel(_, operands) => operands.iter().collect(),
            Kind::Fold(_, _, operand) => vec![operand],
            Kind::Matmul { a, b, bias, .. } => [a, b].into_iter().chain(bias).collect(),
        }
    }
}

/// Nodes in an order in which they can be computed, and the node that holds each output.
pub struct Lowered {
    pub nodes: Vec<Node>,
    pub outputs: Vec<usize>,
    /// Nodes at which a run may end, as a value is wrong.
    pub checks: Vec<usize>,
}

pub fn lower(graph: &Graph, inputs: &[Id], outputs: &[Id]) -> Result<Lowered> {
    let mut uses: HashMap<Id, usize> = HashMap::new();
    let mut stack = outputs.to_vec();
    let given: HashSet<Id> = inputs.iter().copied().collect();
    while let Some(id) = stack.pop() {
        let seen = uses.entry(id).or_default();
        *seen += 1;
        if *seen == 1
            && !given.contains(&id)
            && let Source::Op(_, operands) = &graph.values[id].source
        {
            stack.extend(operands);
        }
    }
    let mut lowering = Lowerer { graph, nodes: Vec::new(), known: HashMap::new(), uses };
    for (position, &id) in inputs.iter().enumerate() {
        lowering.add_value(id, graph.values[id].spec.clone(), Kind::Input(position));
    }
    let (order, found) = checks::order(graph, &given, |id| lowering.uses.contains_key(&id));
    for id in order {
        if !lowering.known.contains_key(&id) {
            lowering.value(id)?;
        }
    }
    let checks = found.iter().map(|id| lowering.known[id].node).collect();
    let mut taken = HashSet::new();
    let outputs = outputs.iter().map(|&id| lowering.output(id, &mut taken)).collect();
    Ok(Lowered { nodes: lowering.nodes, outputs, checks })
}

struct Lowerer<'a> {
    graph: &'a Graph,
    nodes: Vec<Node>,
    known: HashMap<Id, Operand>,
    uses: HashMap<Id, usize>,
}

impl Lowerer<'_> {
    fn push(&mut self, spec: Spec, kind: Kind) -> Operand {
        let layout = Layout::contiguous(&spec.shape);
        self.nodes.push(Node { spec, kind });
        Operand { node: self.nodes.len() - 1, layout }
    }

    fn add_value(&mut self, id: Id, spec: Spec, kind: Kind) {
        let operand = self.push(spec, kind);
        self.known.insert(id, operand);
    }

    fn value(&mut self, id: Id) -> Result<()> {
        let value = &self.graph.values[id];
        let spec = value.spec.clone();
        let (op, inputs) = match &value.source {
            Source::Input => {
                return Err(Error::value(
                    "A value of the graph is neither computed nor given: a tensor of another trace was used",
                ));
            }
            Source::Constant(tensor) => {
                self.add_value(id, spec, Kind::Constant(tensor.clone()));
                return Ok(());
            }
            Source::Op(op, inputs) => (op, inputs),
        };
        let operands: Vec<Operand> = inputs.iter().map(|id| self.known[id].clone()).collect();
        let kind = match op.lower() {
            Lowering::View(view) => {
                let operand = self.view(&operands[0], &view, &spec);
                self.known.insert(id, operand);
                return Ok(());
            }
            Lowering::Map(map) => {
                if let Some(operand) = self.joined(map, inputs, &operands, &spec) {
                    self.known.insert(id, operand);
                    return Ok(());
                }
                Kind::Map(map, operands.iter().map(|operand| spread(operand, &spec.shape)).collect())
            }
            Lowering::Fold(fold, axes) => Kind::Fold(fold, axes, operands[0].clone()),
            Lowering::Matmul => {
                Kind::Matmul { a: operands[0].clone(), b: operands[1].clone(), bias: None, relu: false }
            }
            Lowering::Kernel(kernel) => {
                let given = operands.iter().enumerate().map(|(position, operand)| {
                    let repeats = kernel.repeats(position);
                    self.in_order(&if repeats { once(operand) } else { operand.clone() })
                });
                let given = given.collect();
                Kind::Kernel(kernel, given)
            }
            Lowering::Interpreted => return Err(Error::internal(format!("{} has no kernel", op.name()))),
        };
        self.add_value(id, spec, kind);
        Ok(())
    }

    fn copied(&mut self, operand: &Operand) -> Operand {
        let dtype = self.nodes[operand.node].spec.dtype;
        let spec = Spec::new(operand.layout.dims.clone(), dtype);
        self.push(spec, Kind::Map(MapKind::Cast(dtype), vec![operand.clone()]))
    }

    fn in_order(&mut self, operand: &Operand) -> Operand {
        if operand.layout.is_contiguous() { operand.clone() } else { self.copied(operand) }
    }

    fn view(&mut self, operand: &Operand, view: &View, spec: &Spec) -> Operand {
        if let Some(layout) = operand.layout.view(view, &spec.shape) {
            return Operand { node: operand.node, layout };
        }
        let copy = self.copied(operand);
        let layout = copy.layout.view(view, &spec.shape).expect("contiguous memory can be seen in any shape");
        Operand { node: copy.node, layout }
    }

    /// A bias or a relu that the product or the kernel before it can apply on its way out.
    fn joined(&mut self, map: MapKind, inputs: &[Id], operands: &[Operand], spec: &Spec) -> Option<Operand> {
        if !spec.dtype.is_float() {
            return None;
        }
        let whole = |operand: &Operand| operand.layout == Layout::contiguous(&spec.shape);
        match map {
            MapKind::Unary(Unary::Relu) => {
                let own = &operands[0];
                if self.uses[&inputs[0]] != 1 || !whole(own) {
                    return None;
                }
                match &mut self.nodes[own.node].kind {
                    Kind::Matmul { bias: Some(_), relu, .. } if !*relu => *relu = true,
                    Kind::Kernel(kernel, _) => *kernel = kernel.with_relu()?,
                    _ => return None,
                }
                Some(own.clone())
            }
            MapKind::Binary(Binary::Add) => {
                let (product, row) = [(0, 1), (1, 0)].into_iter().find_map(|(product, row)| {
                    let fits = self.uses[&inputs[product]] == 1
                        && whole(&operands[product])
                        && operands[row].node < operands[product].node
                        && is_row(&operands[row].layout.broadcast(&spec.shape));
                    fits.then_some((product, row))
                })?;
                let own = operands[product].clone();
                match &mut self.nodes[own.node].kind {
                    Kind::Matmul { bias, .. } if bias.is_none() => *bias = Some(operands[row].clone()),
                    Kind::Kernel(kernel, operands_of) => {
                        *kernel = kernel.with_bias()?;
                        operands_of.push(once(&operands[row]));
                    }
                    _ => return None,
                }
                Some(own)
            }
            MapKind::Unary(_) | MapKind::Binary(_) | MapKind::Select | MapKind::Cast(_) => None,
        }
    }

    /// A node whose memory is just this output's.
    fn output(&mut self, id: Id, taken: &mut HashSet<usize>) -> usize {
        let operand = self.known[&id].clone();
        let node = &self.nodes[operand.node];
        let own = operand.layout.offset == 0
            && operand.layout.is_contiguous()
            && operand.layout.count() == node.spec.shape.count()
            && !matches!(node.kind, Kind::Input(_) | Kind::Constant(_));
        let node = if own && taken.insert(operand.node) { operand.node } else { self.copied(&operand).node };
        taken.insert(node);
        node
    }
}

/// Whether every row of the space is the same contiguous row.
fn is_row(layout: &Layout) -> bool {
    match layout.strides.split_last() {
        Some((&last, rest)) => last == 1 && rest.iter().all(|&stride| stride == 0),
        None => false,
    }
}

/// The operand without its repetitions.
fn once(operand: &Operand) -> Operand {
    let mut layout = operand.layout.clone();
    for (dim, &stride) in layout.dims.iter_mut().zip(&layout.strides) {
        if stride == 0 {
            *dim = 1;
        }
    }
    Operand { node: operand.node, layout }
}

fn spread(operand: &Operand, shape: &Shape) -> Operand {
    Operand { node: operand.node, layout: operand.layout.broadcast(shape) }
}
