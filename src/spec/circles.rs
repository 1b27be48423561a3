//! Circles of references: each must be cut by `late`, or nothing could be written first.

use std::collections::VecDeque;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::object::Known;
use super::pipeline::{Field, Reference};
use super::spot::Spot;

/// Which object must wait for which, and where the spec says so.
#[derive(Debug, Default)]
pub(super) struct Edges(Vec<(usize, usize, Spot)>);

impl Edges {
    pub(super) fn add(&mut self, object: usize, waits_for: usize, spot: &Spot) {
        self.0.push((object, waits_for, spot.clone()));
    }

    pub(super) fn add_field(&mut self, object: usize, field: &Field, spot: &Spot) {
        if field.rule.late {
            return;
        }
        for other in field.rule.reference.iter().flat_map(Reference::objects) {
            self.add(object, other, spot);
        }
    }
}

/// Tells every knot of objects that wait for one another, with one circle of it in words.
pub(super) fn check(known: &Known<'_>, edges: &Edges) {
    let mut graph = DiGraph::<usize, usize>::new();
    let nodes: Vec<NodeIndex> = (0..known.heads.len()).map(|head| graph.add_node(head)).collect();
    for (number, (object, other, _)) in edges.0.iter().enumerate() {
        graph.add_edge(nodes[*object], nodes[*other], number);
    }
    for knot in tarjan_scc(&graph) {
        let members: Vec<usize> = knot.iter().map(|node| graph[*node]).collect();
        if let Some(circle) = circle(edges, &members) {
            tell(known, edges, &circle);
        }
    }
}

/// A shortest circle through the first object of a knot, as numbers of edges.
fn circle(edges: &Edges, members: &[usize]) -> Option<Vec<usize>> {
    let start = *members.iter().min()?;
    let mut seen = Vec::new();
    let mut ways = VecDeque::from([(start, Vec::new())]);
    while let Some((here, way)) = ways.pop_front() {
        let leaving = edges.0.iter().enumerate().filter(|(_, (from, _, _))| *from == here);
        for (number, (_, to, _)) in leaving {
            let longer: Vec<usize> = way.iter().copied().chain([number]).collect();
            if *to == start {
                return Some(longer);
            }
            if members.contains(to) && !seen.contains(to) {
                seen.push(*to);
                ways.push_back((*to, longer));
            }
        }
    }
    None
}

fn tell(known: &Known<'_>, edges: &Edges, circle: &[usize]) {
    let name = |object: usize| known.heads[object].name;
    let Some((object, _, spot)) = circle.first().map(|number| &edges.0[*number]) else { return };
    let mut words = vec![name(*object)];
    words.extend(circle.iter().map(|number| name(edges.0[*number].1)));
    let message = format!("these objects wait for one another: {}", words.join(" -> "));
    let mut diagnostic = spot.fault("circle", message);
    for number in &circle[1..] {
        let (from, to, spot) = &edges.0[*number];
        diagnostic.others.push(spot.label(&format!("`{}` waits for `{}`", name(*from), name(*to))));
    }
    diagnostic.hint = Some(
        "give one of the references `late: true`: it is written in a second pass, when both records are there"
            .to_owned(),
    );
    known.desk.push(diagnostic);
}
