//! Writes clusters as programs and products as calls, once every node has its place.

use super::fuse::Cluster;
use super::layout::Layout;
use super::lower::{Kind, Lowered, Operand};
use crate::dtype::DType;
use crate::kernels::gemm::{Batch, Gemm};
use crate::kernels::machine;
use crate::kernels::map::{self, Binary, Fold, Joint, Map, Scalars};
use crate::kernels::program::{CHUNK, Closing, Instruction, Place, Program, Slot, Walk};
use crate::ops::MapKind;
use crate::shape::Spec;
use std::collections::{HashMap, HashSet};

/// Where each node's memory is; None for what only lives in registers.
pub type Places = Vec<Option<Place>>;

/// The place of an operand's first element.
fn start(operand: &Operand, lowered: &Lowered, places: &Places) -> Place {
    let place = places[operand.node].expect("what is read has a place");
    let size = lowered.nodes[operand.node].spec.dtype.size();
    let bytes = operand.layout.offset * size as isize;
    Place { base: place.base, offset: place.offset.checked_add_signed(bytes).expect("a view begins within its memory") }
}

pub fn cluster(cluster: &Cluster, lowered: &Lowered, places: &Places) -> Program {
    let mut writer = Writer {
        cluster,
        lowered,
        places,
        inner: cluster.inner,
        slots: Vec::new(),
        loads: HashMap::new(),
        registers: HashMap::new(),
        factors: factors(cluster, lowered, places),
        instructions: Vec::new(),
    };
    for &id in &cluster.members {
        writer.member(id);
    }
    let closings = cluster.closings.iter().map(|closed| {
        let slot = writer.full(&closed.operand);
        let node = &lowered.nodes[closed.node];
        let Kind::Fold(fold, ..) = node.kind else { unreachable!("only folds close a cluster") };
        let dtype = node.spec.dtype;
        Closing {
            slot,
            extent: closed.extent,
            fold: map::fold(fold, dtype),
            combine: lookup(map::binary(pair(fold), dtype, Scalars::None)),
            identity: map::identity(fold, dtype),
            size: dtype.size(),
            length: node.spec.shape.count(),
            place: places[closed.node].expect("a fold has a place"),
        }
    });
    let closings = closings.collect();
    let count: usize = cluster.dims.iter().product();
    let inner = writer.inner.unwrap_or_else(|| count.clamp(1, CHUNK));
    let (slots, instructions) = (writer.slots, writer.instructions);
    Program { count, inner, slots, instructions, closings }
}

fn lookup(map: Option<Map>) -> Map {
    map.expect("shape inference admits only types that have kernels")
}

/// The function of two elements that a fold repeats.
fn pair(fold: Fold) -> Binary {
    match fold {
        Fold::Sum => Binary::Add,
        Fold::Prod => Binary::Mul,
        Fold::Max => Binary::Max,
        Fold::Min => Binary::Min,
    }
}

struct Writer<'a> {
    cluster: &'a Cluster,
    lowered: &'a Lowered,
    places: &'a Places,
    inner: Option<usize>,
    slots: Vec<Slot>,
    loads: HashMap<(usize, Layout), usize>,
    /// Slots of the members written so far.
    registers: HashMap<usize, usize>,
    /// Products with one factor that are part of the member that reads them.
    factors: HashMap<usize, usize>,
    instructions: Vec<Instruction>,
}

impl Writer<'_> {
    fn dtype(&self, operand: &Operand) -> DType {
        self.lowered.nodes[operand.node].spec.dtype
    }

    fn add(&mut self, slot: Slot) -> usize {
        self.slots.push(slot);
        self.slots.len() - 1
    }

    /// The slot from which an operand is read.
    fn load(&mut self, operand: &Operand) -> usize {
        if let Some(&slot) = self.registers.get(&operand.node)
            && self.cluster.in_step(&operand.layout)
        {
            return slot;
        }
        let layout = operand.layout.squeezed();
        let key = (operand.node, layout);
        if let Some(&slot) = self.loads.get(&key) {
            return slot;
        }
        let walk = self.walk(&key.1);
        let size = self.dtype(operand).size();
        let slot = self.add(Slot::Memory { place: start(operand, self.lowered, self.places), walk, size });
        self.loads.insert(key, slot);
        slot
    }

    fn walk(&mut self, layout: &Layout) -> Walk {
        if layout.is_contiguous() {
            return Walk::Contiguous;
        }
        if layout.strides.iter().all(|&stride| stride == 0) {
            return Walk::Scalar;
        }
        let lead = layout.strides.iter().take_while(|&&stride| stride == 0).count();
        let row = Layout { dims: layout.dims[lead..].to_vec(), strides: layout.strides[lead..].to_vec(), offset: 0 };
        if lead > 0 && row.is_contiguous() && *self.inner.get_or_insert(row.count()) == row.count() {
            return Walk::Row;
        }
        let merged = layout.collapsed();
        Walk::Strided { dims: merged.dims, strides: merged.strides }
    }

    fn is_scalar(&self, slot: usize) -> bool {
        matches!(self.slots[slot], Slot::Memory { walk: Walk::Scalar, .. })
    }

    /// The slot of an operand, with an element for every place.
    fn full(&mut self, operand: &Operand) -> usize {
        let slot = self.load(operand);
        if !self.is_scalar(slot) {
            return slot;
        }
        let target = self.add(Slot::Register);
        let fill = map::fill(self.dtype(operand));
        self.instructions.push(Instruction { map: fill, operands: [slot, slot, slot], target });
        target
    }

    /// The loop and the slots of a sum or difference with one of its products.
    fn scaled(&mut self, id: usize, op: Binary, operands: &[Operand]) -> (Map, Vec<usize>) {
        let product = self.factors[&id];
        let first = operands[0].node == product;
        let Kind::Map(_, of_product) = &self.lowered.nodes[product].kind else { unreachable!("a product is a map") };
        let (x, factor) = match is_factor(&of_product[0]) {
            true => (&of_product[1], &of_product[0]),
            false => (&of_product[0], &of_product[1]),
        };
        let joint = match (op, first) {
            (Binary::Sub, true) => Joint::Sub,
            (Binary::Sub, false) => Joint::SubFrom,
            _ => Joint::Add,
        };
        let map = lookup(map::scaled(joint, self.dtype(x)));
        let other = &operands[usize::from(first)];
        (map, vec![self.full(x), self.load(factor), self.full(other)])
    }

    fn member(&mut self, id: usize) {
        let node = &self.lowered.nodes[id];
        let Kind::Map(kind, operands) = &node.kind else { unreachable!("only maps are members of a cluster") };
        if self.factors.values().any(|&product| product == id) {
            return;
        }
        let dtype = self.dtype(&operands[0]);
        let (map, slots) = match kind {
            MapKind::Unary(op) => (lookup(map::unary(*op, dtype)), vec![self.full(&operands[0])]),
            MapKind::Cast(to) => (map::cast(dtype, *to), vec![self.full(&operands[0])]),
            MapKind::Select => {
                (map::select(node.spec.dtype), operands.iter().map(|operand| self.full(operand)).collect())
            }
            MapKind::Binary(op) if self.factors.contains_key(&id) => self.scaled(id, *op, operands),
            MapKind::Binary(op) => {
                let (mut a, b) = (self.load(&operands[0]), self.load(&operands[1]));
                let scalars = match (self.is_scalar(a), self.is_scalar(b)) {
                    (true, true) => {
                        a = self.full(&operands[0]);
                        Scalars::Right
                    }
                    (true, false) => Scalars::Left,
                    (false, true) => Scalars::Right,
                    (false, false) => Scalars::None,
                };
                (lookup(map::binary(*op, dtype, scalars)), vec![a, b])
            }
        };
        let target = match self.places[id] {
            Some(place) => Slot::Memory { place, walk: Walk::Contiguous, size: node.spec.dtype.size() },
            None => Slot::Register,
        };
        let target = self.add(target);
        let slot = |position: usize| slots.get(position).copied().unwrap_or(slots[0]);
        self.instructions.push(Instruction { map, operands: [slot(0), slot(1), slot(2)], target });
        self.registers.insert(id, target);
    }
}

/// For each sum or difference, the product with one factor that it alone reads, if it does.
fn factors(cluster: &Cluster, lowered: &Lowered, places: &Places) -> HashMap<usize, usize> {
    let mut readers: HashMap<usize, usize> = HashMap::new();
    let of_members = cluster.members.iter().flat_map(|&id| lowered.nodes[id].operands());
    for operand in of_members.chain(cluster.closings.iter().map(|closed| &closed.operand)) {
        *readers.entry(operand.node).or_default() += 1;
    }
    // The product is computed where the sum is, when what it reads must still be there.
    let written: HashSet<Place> = cluster.members.iter().filter_map(|&id| places[id]).collect();
    let stays = |operand: &Operand| places[operand.node].is_none_or(|place| !written.contains(&place));
    let is_product = |operand: &Operand| {
        let node = &lowered.nodes[operand.node];
        let Kind::Map(MapKind::Binary(Binary::Mul), operands) = &node.kind else { return false };
        cluster.members.contains(&operand.node)
            && cluster.in_step(&operand.layout)
            && node.spec.dtype.is_float()
            && places[operand.node].is_none()
            && readers[&operand.node] == 1
            && is_factor(&operands[0]) != is_factor(&operands[1])
            && operands.iter().all(stays)
    };
    let sums = cluster.members.iter().filter_map(|&id| match &lowered.nodes[id].kind {
        Kind::Map(MapKind::Binary(Binary::Add | Binary::Sub), operands) => {
            operands.iter().find(|operand| is_product(operand)).map(|operand| (id, operand.node))
        }
        _ => None,
    });
    sums.collect()
}

/// Whether it is one element, everywhere.
fn is_factor(operand: &Operand) -> bool {
    operand.layout.squeezed().strides.iter().all(|&stride| stride == 0)
}

/// The call for a node that is not element-wise.
pub fn single(id: usize, lowered: &Lowered, places: &Places) -> machine::Instruction {
    let node = &lowered.nodes[id];
    let output = places[id].expect("what a call makes has a place");
    match &node.kind {
        Kind::Matmul { a, b, bias, relu } => machine::Instruction::Matmul {
            batch: batch(&node.spec, a, b),
            dtype: node.spec.dtype,
            a: start(a, lowered, places),
            b: start(b, lowered, places),
            c: output,
            bias: bias.as_ref().map(|bias| start(bias, lowered, places)),
            relu: *relu,
        },
        Kind::Kernel(kernel, operands) => {
            let spec =
                |operand: &Operand| Spec::new(operand.layout.dims.clone(), lowered.nodes[operand.node].spec.dtype);
            let inputs = operands.iter().map(|operand| (start(operand, lowered, places), spec(operand))).collect();
            machine::Instruction::Kernel { kernel: kernel.clone(), inputs, output: (output, node.spec.clone()) }
        }
        Kind::Input(_) | Kind::Constant(_) | Kind::Map(..) | Kind::Fold(..) => {
            unreachable!("these are no calls of their own")
        }
    }
}

/// The layout of a product of matrices.
fn batch(spec: &Spec, a: &Operand, b: &Operand) -> Batch {
    let dims = &spec.shape.0;
    let (batch, [m, n]) = (&dims[..dims.len() - 2], [dims[dims.len() - 2], dims[dims.len() - 1]]);
    let k = a.layout.dims[a.layout.dims.len() - 1];
    let split = |operand: &Operand| {
        let rank = operand.layout.dims.len();
        let strides = &operand.layout.strides;
        let lead = batch.len() - (rank - 2);
        let outer = (0..batch.len()).map(|axis| {
            let repeated = axis < lead || operand.layout.dims[axis - lead] != batch[axis];
            if repeated { 0 } else { strides[axis - lead] }
        });
        (outer.collect::<Vec<_>>(), strides[rank - 2], strides[rank - 1])
    };
    let (a_outer, a_rs, a_cs) = split(a);
    let (b_outer, b_rs, b_cs) = split(b);
    let mut gemm = Gemm { m, n, k, a_rs, a_cs, b_rs, b_cs, c_rs: n as isize };
    let mut shape = batch.to_vec();
    let (mut a_strides, mut b_strides) = (a_outer, b_outer);
    // One tall product is better than many of the same right side.
    while let (Some(&dim), Some(&a_step), Some(&b_step)) = (shape.last(), a_strides.last(), b_strides.last()) {
        let in_line = a_step == gemm.a_rs * gemm.m as isize;
        if dim != 1 && (b_step != 0 || !in_line) {
            break;
        }
        gemm.m *= dim;
        shape.pop();
        a_strides.pop();
        b_strides.pop();
    }
    let mut c_strides = vec![0; shape.len()];
    let mut step = (gemm.m * n) as isize;
    for axis in (0..shape.len()).rev() {
        c_strides[axis] = step;
        step *= shape[axis] as isize;
    }
    Batch { gemm, shape, a: a_strides, b: b_strides, c: c_strides }
}
