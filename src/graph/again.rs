//! Values that are cheaper computed once more than written to memory and read again.

use super::layout::Layout;
use super::lower::{Kind, Lowered, Node, Operand};
use crate::kernels::map::{Binary, Unary};
use crate::ops::MapKind;

/// Nodes that may be computed again for one that reads them.
const NODES: usize = 3;

/// What is known of each node.
pub struct Again {
    /// Whether it is in memory whatever is computed again: a kernel or a product reads it, or it is a result.
    kept: Vec<bool>,
    /// The node that it computes again, or itself.
    origin: Vec<usize>,
}

impl Again {
    pub fn new(lowered: &Lowered) -> Self {
        let mut kept = vec![false; lowered.nodes.len()];
        lowered.outputs.iter().for_each(|&id| kept[id] = true);
        for node in &lowered.nodes {
            if !matches!(node.kind, Kind::Map(..) | Kind::Fold(..)) {
                node.operands().iter().for_each(|operand| kept[operand.node] = true);
            }
        }
        Self { kept, origin: (0..lowered.nodes.len()).collect() }
    }

    /// The node that this one computes again, or itself.
    pub fn origin(&self, id: usize) -> usize {
        self.origin[id]
    }

    /// What a node of a chain reads besides the chain.
    pub fn outside(&self, lowered: &Lowered, id: usize, chain: &[usize]) -> Vec<Operand> {
        let operands = lowered.nodes[id].operands().into_iter();
        let originals =
            operands.map(|operand| Operand { node: self.origin[operand.node], layout: operand.layout.clone() });
        originals.filter(|operand| !chain.contains(&operand.node)).collect()
    }

    /// A copy of a node, which reads the originals but for those `copied` with it.
    pub fn copy(&mut self, lowered: &mut Lowered, id: usize, copied: &[(usize, usize)]) -> usize {
        let node = &lowered.nodes[id];
        let Kind::Map(map, operands) = &node.kind else { unreachable!("only maps are computed again") };
        let operands = operands.iter().map(|operand| {
            let origin = self.origin[operand.node];
            let node = copied.iter().find(|(from, _)| *from == origin).map_or(origin, |&(_, to)| to);
            Operand { node, layout: operand.layout.clone() }
        });
        let copy = Node { spec: node.spec.clone(), kind: Kind::Map(*map, operands.collect()) };
        lowered.nodes.push(copy);
        self.kept.push(false);
        self.origin.push(id);
        lowered.nodes.len() - 1
    }
}

/// The nodes by which a value comes of what is in memory, in the order in which they are computed; None where that
/// would cost more than reading the value, were it there.
pub fn chain(lowered: &Lowered, again: &Again, id: usize) -> Option<Vec<usize>> {
    let mut chain = Vec::new();
    let mut read = Vec::new();
    visit(lowered, again, again.origin[id], &mut chain, &mut read).then_some(())?;
    // Nodes come after what they read.
    chain.sort_unstable();
    let bytes: usize = read.iter().map(|&id| lowered.nodes[id].spec.bytes()).sum();
    // A flag for each number may be read besides.
    (4 * bytes <= 5 * lowered.nodes[id].spec.bytes()).then_some(chain)
}

fn visit(lowered: &Lowered, again: &Again, id: usize, chain: &mut Vec<usize>, read: &mut Vec<usize>) -> bool {
    if chain.contains(&id) {
        return true;
    }
    let Kind::Map(map, operands) = &lowered.nodes[id].kind else { return false };
    if again.kept[id] || !is_cheap(*map) || chain.len() == NODES {
        return false;
    }
    chain.push(id);
    let whole = Layout::contiguous(&lowered.nodes[id].spec.shape);
    for operand in operands {
        if is_small(operand) {
            continue;
        }
        let node = &lowered.nodes[operand.node];
        if operand.layout.squeezed() != whole.squeezed() {
            return false;
        }
        match node.kind {
            Kind::Kernel(..) | Kind::Matmul { .. } => {
                if !read.contains(&operand.node) {
                    read.push(operand.node);
                }
            }
            // Flags are small enough to be read.
            Kind::Map(..) if node.spec.dtype.size() == 1 => read.push(again.origin[operand.node]),
            Kind::Map(..) => {
                if !visit(lowered, again, again.origin[operand.node], chain, read) {
                    return false;
                }
            }
            // Memory that is given may be written to by then.
            Kind::Input(_) | Kind::Constant(_) | Kind::Fold(..) => return false,
        }
    }
    true
}

/// Whether it is the same for many elements.
fn is_small(operand: &Operand) -> bool {
    operand.layout.squeezed().strides.contains(&0)
}

fn is_cheap(map: MapKind) -> bool {
    match map {
        MapKind::Binary(op) => matches!(op, Binary::Add | Binary::Sub | Binary::Mul),
        MapKind::Unary(op) => matches!(op, Unary::Neg | Unary::Relu | Unary::Square),
        MapKind::Select => true,
        MapKind::Cast(_) => false,
    }
}
