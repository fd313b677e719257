//! What one run of a program costs, and the summary of many.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program, run as if nothing else were in its environment.
pub(crate) struct Job {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// bash counts CPU in milliseconds where `time` prints hundredths; `time` knows the peak.
/// It is also a small process to start from: a child's peak is never below its parent's size.
const SCRIPT: &str = r#"TIMEFORMAT='%3U %3S %3R'
peak=$1; errors=$2; shift 2
time /usr/bin/time --quiet -f %M -o "$peak" "$@" 2>"$errors""#;

/// Says what is missing before anything is measured.
pub(crate) fn check_tools() {
    assert!(Path::new("/usr/bin/time").is_file(), "/usr/bin/time is not on this machine: apt-get install time");
}

#[derive(Clone, Copy)]
pub(crate) struct Sample {
    user: f64,
    system: f64,
    wall: f64,
    peak_kb: u64,
}

/// Runs it to its end; it must succeed. `scratch` takes two small files.
pub(crate) fn run(job: &Job, scratch: &Path) -> Sample {
    let (peak, errors) = (scratch.join("peak"), scratch.join("errors"));
    let mut command = Command::new("bash");
    command.args(["-c", SCRIPT, "measure"]).arg(&peak).arg(&errors);
    command.arg(&job.program).args(&job.arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.envs(job.environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let output = command.stderr(Stdio::piped()).output().expect("bash runs");
    assert!(
        output.status.success(),
        "{} {:?}: {}\n{}",
        job.program.display(),
        job.arguments,
        output.status,
        std::fs::read_to_string(errors).unwrap_or_default()
    );
    let times = String::from_utf8(output.stderr).unwrap();
    let times: Vec<f64> = times.split_whitespace().map(|time| time.parse().unwrap()).collect();
    let [user, system, wall] = times[..] else { panic!("bash says {times:?}") };
    let peak_kb = std::fs::read_to_string(peak).unwrap().trim().parse().unwrap();
    Sample { user, system, wall, peak_kb }
}

/// Medians.
#[derive(Clone, Copy)]
pub(crate) struct Summary {
    pub(crate) cpu: f64,
    user: f64,
    system: f64,
    pub(crate) wall: f64,
    pub(crate) peak_kb: u64,
}

impl Summary {
    pub(crate) const TITLE: &'static str = "  CPU ms   (user + system)   wall ms   peak MB  commands";

    pub(crate) fn of(samples: &[Sample]) -> Self {
        let middle = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
        Summary {
            cpu: middle(|sample| sample.user + sample.system),
            user: middle(|sample| sample.user),
            system: middle(|sample| sample.system),
            wall: middle(|sample| sample.wall),
            peak_kb: middle(|sample| sample.peak_kb as f64) as u64,
        }
    }

    /// Under the titles of the columns: how many times as much as `other`.
    pub(crate) fn ratios(&self, other: &Summary) -> String {
        let peak = self.peak_kb as f64 / other.peak_kb as f64;
        format!("{:8.2} {:19} {:9.2} {peak:9.2}", self.cpu / other.cpu, "", self.wall / other.wall)
    }
}

/// How many times as much as another client, by the median of the rounds' own ratios:
/// what slows down a whole round does not count.
#[derive(Clone, Copy)]
pub(crate) struct Ratios {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
    pub(crate) peak: f64,
}

impl Ratios {
    pub(crate) fn of(samples: &[Sample], others: &[Sample]) -> Self {
        let middle = |value: fn(&Sample) -> f64| {
            median(samples.iter().zip(others).map(|(sample, other)| value(sample) / value(other)))
        };
        Ratios {
            cpu: middle(|sample| sample.user + sample.system),
            wall: middle(|sample| sample.wall),
            peak: middle(|sample| sample.peak_kb as f64),
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cpu, user, system, wall] = [self.cpu, self.user, self.system, self.wall].map(|seconds| seconds * 1000.0);
        let peak = self.peak_kb as f64 / 1024.0;
        write!(f, "{cpu:8.0}   {user:6.0} + {system:<8.0} {wall:9.0} {peak:9.1}")
    }
}
