//! The order of the stages: a graph of what must be there before what.

use std::collections::HashMap;
use std::fmt::Write;

use petgraph::Direction::Incoming;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::spec::{Kind, Object, Pipeline, Reference};

/// A step of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The records of an object (its position in the pipeline).
    Records(usize),
    /// The references of an object that had to wait until their targets were there.
    Late(usize),
}

impl Stage {
    /// The position of the object whose records it writes.
    pub const fn object(self) -> usize {
        let (Self::Records(object) | Self::Late(object)) = self;
        object
    }

    /// The stage's name: `people`, `companies (late)`.
    pub fn name(self, pipeline: &Pipeline) -> String {
        match self {
            Self::Records(object) => pipeline.objects[object].name.clone(),
            Self::Late(object) => format!("{} (late)", pipeline.objects[object].name),
        }
    }
}

/// The stages as a graph, an arrow from each stage to those that wait for it.
#[derive(Debug)]
pub struct Order {
    graph: DiGraph<Stage, ()>,
    stages: Vec<Stage>,
}

impl Order {
    /// The order that the references of a pipeline demand; ties go by the spec's own order.
    pub fn of(pipeline: &Pipeline) -> Self {
        let mut graph = DiGraph::new();
        let mut nodes = HashMap::new();
        for object in 0..pipeline.objects.len() {
            nodes.insert(Stage::Records(object), graph.add_node(Stage::Records(object)));
        }
        for (position, object) in pipeline.objects.iter().enumerate() {
            if object.fields.iter().any(|field| field.rule.late) {
                nodes.insert(Stage::Late(position), graph.add_node(Stage::Late(position)));
            }
        }
        for (position, object) in pipeline.objects.iter().enumerate() {
            for (earlier, later) in demands(position, object) {
                graph.update_edge(nodes[&earlier], nodes[&later], ());
            }
        }
        let stages = sorted(&graph);
        Self { graph, stages }
    }

    /// The stages, each after all that it waits for.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The graph in Graphviz' language.
    pub fn dot(&self, pipeline: &Pipeline) -> String {
        let mut text = String::from("digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n");
        for (from, to) in self.arrows(pipeline) {
            writeln!(text, "  {from:?} -> {to:?};").unwrap_or_default();
        }
        for stage in self.lonely() {
            writeln!(text, "  {:?};", stage.name(pipeline)).unwrap_or_default();
        }
        text + "}\n"
    }

    /// The graph in Mermaid's language.
    pub fn mermaid(&self, pipeline: &Pipeline) -> String {
        let mut text = String::from("flowchart LR\n");
        let id = |stage: Stage| match stage {
            Stage::Records(object) => format!("o{object}"),
            Stage::Late(object) => format!("l{object}"),
        };
        for stage in &self.stages {
            writeln!(text, "  {}[\"{}\"]", id(*stage), stage.name(pipeline)).unwrap_or_default();
        }
        for edge in self.graph.raw_edges() {
            let (from, to) = (self.graph[edge.source()], self.graph[edge.target()]);
            writeln!(text, "  {} --> {}", id(from), id(to)).unwrap_or_default();
        }
        text
    }

    fn arrows(&self, pipeline: &Pipeline) -> Vec<(String, String)> {
        let name = |node: NodeIndex| self.graph[node].name(pipeline);
        self.graph
            .raw_edges()
            .iter()
            .map(|edge| (name(edge.source()), name(edge.target())))
            .collect()
    }

    fn lonely(&self) -> impl Iterator<Item = Stage> {
        self.graph
            .node_indices()
            .filter(|node| self.graph.neighbors_undirected(*node).next().is_none())
            .map(|node| self.graph[node])
    }
}

/// What an object demands: pairs of a stage and one that waits for it.
fn demands(position: usize, object: &Object) -> Vec<(Stage, Stage)> {
    let mut pairs: Vec<_> = object
        .after
        .iter()
        .map(|&earlier| (Stage::Records(earlier), Stage::Records(position)))
        .collect();
    for field in &object.fields {
        let own = if field.rule.late { Stage::Late(position) } else { Stage::Records(position) };
        if field.rule.late {
            pairs.push((Stage::Records(position), own));
        }
        for target in targets(field.rule.reference.as_ref()) {
            // A reference to the own object that is not late can only mean records written before.
            if target != position || field.rule.late {
                pairs.push((Stage::Records(target), own));
            }
        }
        debug_assert!(field.target.kind != Kind::Content || !field.rule.late);
    }
    pairs
}

fn targets(reference: Option<&Reference>) -> Vec<usize> {
    reference.map(Reference::objects).unwrap_or_default()
}

/// Kahn's order, always taking the earliest stage of the spec that is free.
///
/// The spec was checked for circles; stages of one that slipped through keep the spec's order, so
/// that no stage is ever lost.
fn sorted(graph: &DiGraph<Stage, ()>) -> Vec<Stage> {
    let mut waiting: Vec<NodeIndex> = graph.node_indices().collect();
    let mut done: Vec<NodeIndex> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = waiting
            .iter()
            .position(|&node| {
                graph.neighbors_directed(node, Incoming).all(|before| done.contains(&before))
            })
            .unwrap_or(0);
        done.push(waiting.remove(free));
    }
    done.into_iter().map(|node| graph[node]).collect()
}
