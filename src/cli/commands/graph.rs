//! `graph`: the stages and what waits for what.

use crate::cli::args::{GraphArgs, GraphFormat};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::load::load;
use crate::cli::terminal::Terminal;
use crate::plan::Order;

pub(super) fn run(context: &Context, args: &GraphArgs) -> Exit {
    let pipeline = match load(context, &args.spec) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let order = Order::of(&pipeline);
    Terminal::data(&match args.format {
        GraphFormat::Dot => order.dot(&pipeline),
        GraphFormat::Mermaid => order.mermaid(&pipeline),
    });
    Exit::Done
}
