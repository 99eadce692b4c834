//! What changes something is sent once where nobody knows whether it has been done, and again where it surely has not:
//! every command that changes something, in every trouble.

use crate::support::Home;
use crate::tenant::{Fault, Options, Place, RetryAfter, Role, Tenant, ThrottleBody, When};

const INCIDENT: u64 = 924_480;

/// A command that changes something.
struct Command {
    words: &'static [&'static str],
    /// Where its one change arrives.
    place: Place,
    /// Which of the requests there that is: some read first.
    nth: u32,
    /// Whether it looks into the answer, and not only passes it on.
    reads_the_answer: bool,
}

const COMMANDS: [Command; 7] = [
    Command {
        words: &["incidents", "update", "924480", "--comment", "c"],
        place: Place::Incident,
        nth: 2,
        reads_the_answer: true,
    },
    Command {
        words: &["incidents", "update", "924480", "--tag", "c", "--api", "graph"],
        place: Place::GraphIncident,
        nth: 2,
        reads_the_answer: true,
    },
    Command {
        words: &["incidents", "update", "924480", "--comment", "c", "--api", "graph"],
        place: Place::GraphComments,
        nth: 1,
        reads_the_answer: true,
    },
    Command {
        words: &["api", "PATCH", "/api/incidents/924480", "-F", "comment=c"],
        place: Place::Incident,
        nth: 1,
        reads_the_answer: false,
    },
    Command {
        words: &[
            "api",
            "POST",
            "/v1.0/security/incidents/924480/comments",
            "-F",
            "@odata.type=microsoft.graph.security.alertComment",
            "-F",
            "comment=c",
            "--api",
            "graph",
        ],
        place: Place::GraphComments,
        nth: 1,
        reads_the_answer: false,
    },
    Command {
        words: &["machines", "isolate", "MACHINE", "--comment", "c"],
        place: Place::MachineAct,
        nth: 1,
        reads_the_answer: true,
    },
    Command {
        words: &["machines", "release", "MACHINE", "--comment", "c"],
        place: Place::MachineAct,
        nth: 1,
        reads_the_answer: true,
    },
];

/// A tenant, somebody who may do all that, and how often they have.
struct Scene {
    tenant: Tenant,
    home: Home,
    machines: u64,
}

impl Scene {
    fn new() -> Self {
        let mut options = Options { role: Role::Operator, ..Options::default() };
        options.permit("Incident.ReadWrite");
        let tenant = Tenant::start(options);
        let home = Home::signed_in(&tenant)
            .with("M365D_GRAPH_URL", tenant.graph_url())
            .with("M365D_ENDPOINT_URL", tenant.endpoint_url());
        for api in ["graph", "endpoint"] {
            home.run(&["token", "--api", api]).succeeds();
        }
        Self { tenant, home, machines: 0 }
    }

    /// How much has been done.
    fn effects(&self) -> usize {
        let details = self.tenant.incident(INCIDENT).unwrap().details;
        details.comments.len() + details.tags.len() + self.tenant.machine_actions().len()
    }

    /// Runs the command in that trouble: how it ends, how many requests that change something it has sent, and how
    /// often it has been done.
    fn run(&mut self, command: &Command, fault: &Fault) -> (crate::support::Ended, usize, usize) {
        // One action at a time is what a machine takes.
        self.machines += 1;
        let machine = format!("{:040x}", 0x0123_4567_89ab_cdef_u64 * self.machines);
        let words: Vec<_> = command
            .words
            .iter()
            .map(|word| if *word == "MACHINE" { machine.as_str() } else { word })
            .collect();
        self.tenant.edit(INCIDENT, |details| details.tags.clear());
        let before = self.effects();
        self.tenant.inject(command.place, When::Nth(command.nth), fault.clone());
        let ended = self.home.run(&words);
        self.tenant.clear_faults();
        let is_change = |request: &crate::tenant::Recorded| {
            request.method != "GET" && ["/api/", "/v1.0/"].iter().any(|api| request.path.starts_with(api))
        };
        (ended, self.tenant.take_requests(is_change).len(), self.effects() - before)
    }
}

#[test]
fn what_may_have_been_done_is_sent_once() {
    let mut scene = Scene::new();
    for (fault, code, done) in [
        (Fault::Reset, 7, 0),
        (Fault::AnswerLost, 7, 1),
        (Fault::TruncatedBody, 7, 1),
        (Fault::InternalServerError, 8, 0),
        (Fault::Unavailable { retry_after: None }, 8, 0),
        (Fault::Transient, 8, 0),
        (Fault::Html, 8, 0),
        (Fault::TruncatedJson, 8, 1),
    ] {
        for command in &COMMANDS {
            if fault == Fault::TruncatedJson && !command.reads_the_answer {
                continue;
            }
            let (ended, sent, effects) = scene.run(command, &fault);
            let case = format!("{fault:?} {:?}", command.words);
            assert_eq!((ended.code, sent, effects), (code, 1, done), "{case} {ended:?}");
            assert_eq!(ended.stdout, "", "{case}");
            ended.says("it is not known whether").says("hint: ").says(" before you ");
        }
    }
}

#[test]
fn what_has_surely_not_been_done_is_sent_again() {
    let soon = Some(RetryAfter::Seconds(1));
    let is_sent_again = |fault: Fault| {
        let mut scene = Scene::new();
        for command in &COMMANDS {
            let (ended, sent, effects) = scene.run(command, &fault);
            let case = format!("{fault:?} {:?} {ended:?}", command.words);
            assert_eq!((ended.code, sent, effects), (0, 2, 1), "{case}");
        }
    };
    let troubles = [
        Fault::Unauthorized,
        Fault::Throttle { retry_after: soon, body: ThrottleBody::Documented },
        Fault::Throttle { retry_after: None, body: ThrottleBody::Captured },
        Fault::Unavailable { retry_after: soon },
    ];
    std::thread::scope(|scope| {
        for fault in troubles {
            scope.spawn(|| is_sent_again(fault));
        }
    });
    let mut scene = Scene::new();
    // For as long as the person waits.
    let late =
        Fault::Throttle { retry_after: Some(RetryAfter::Seconds(3600)), body: ThrottleBody::Documented };
    for command in &COMMANDS {
        let (ended, sent, effects) = scene.run(command, &late);
        assert_eq!((ended.code, sent, effects), (6, 1, 0), "{:?} {ended:?}", command.words);
        ended.says("--max-wait").does_not_say("not known");
    }
}
