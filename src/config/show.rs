//! `config show`: the effective values, as a file that reads back the same.

use super::{Audit, Config, Endpoint, Engine, Firewall};
use std::fmt::{Display, Formatter, Result};
use std::path::Path;

/// A TOML basic string.
fn quoted(text: impl Display) -> String {
    let mut out = String::from('"');
    for c in text.to_string().chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn path(path: &Path) -> String {
    quoted(path.display())
}

fn list<T: Display>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(quoted).collect();
    format!("[{}]", items.join(", "))
}

impl Display for Config {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "state_dir = {}", path(&self.state_dir))?;
        writeln!(f, "language = {}\ndomain = {}", quoted(self.language.as_str()), quoted(&self.domain))?;
        writeln!(f, "timezone = {}", quoted(self.timezone.iana_name().unwrap_or("UTC")))?;
        let ssh = &self.ssh;
        writeln!(f, "\n[ssh]\nlisten = {}", list(&ssh.listen))?;
        let public = format!("{}:{}", ssh.public_name, ssh.public_port);
        writeln!(f, "public_name = {}", quoted(&public))?;
        writeln!(f, "login_grace_s = {}", ssh.login_grace.as_secs())?;
        writeln!(f, "max_startups = {}", ssh.max_startups)?;
        writeln!(f, "max_startups_per_source = {}", ssh.max_startups_per_source)?;
        writeln!(f, "max_connections = {}", ssh.max_connections)?;
        writeln!(f, "max_channels = {}\nmax_forwards = {}", ssh.max_channels, ssh.max_forwards)?;
        writeln!(f, "max_channels_per_person = {}", ssh.max_channels_per_person)?;
        writeln!(f, "max_connections_per_person = {}", ssh.max_connections_per_person)?;
        writeln!(f, "keepalive_s = {}\ndrain_s = {}", ssh.keepalive.as_secs(), ssh.drain.as_secs())?;
        writeln!(f, "\n[network]\nfirst_year = {}", self.first_year)?;
        show_engine(&self.engine, f)?;
        writeln!(f, "placement = {}", quoted(self.placement.as_str()))?;
        if let Some(dir) = &self.policy_dir {
            writeln!(f, "\n[policy]\ndir = {}", path(dir))?;
        }
        let quota = &self.quotas;
        writeln!(f, "\n[quota]\nmachines = {}\nrunning = {}", quota.machines, quota.running)?;
        writeln!(f, "memory_mib = {}\ncpus = {}", quota.memory_mib, quota.cpus)?;
        writeln!(f, "disk_mib = {}\nbackups = {}", quota.disk_mib, quota.backups)?;
        writeln!(f, "publications = {}", quota.publications)?;
        let (default, max) = (&self.machine.default, &self.machine.max);
        writeln!(f, "\n[machine]\ncpus = {}\nmemory_mib = {}", default.cpus, default.memory_mib)?;
        writeln!(f, "disk_mib = {}\nprocesses = {}", default.disk_mib, default.processes)?;
        writeln!(f, "max_cpus = {}\nmax_memory_mib = {}", max.cpus, max.memory_mib)?;
        writeln!(f, "max_disk_mib = {}", max.disk_mib)?;
        writeln!(f, "stop_grace_s = {}", self.machine.stop_grace.as_secs())?;
        let backup = &self.backup;
        writeln!(f, "\n[backup]\ndir = {}\nkeep = {}", path(&backup.dir), backup.keep)?;
        writeln!(f, "max_mib = {}", backup.max_bytes >> 20)?;
        writeln!(f, "max_unpacked_mib = {}", backup.max_unpacked_bytes >> 20)?;
        writeln!(f, "deadline_s = {}", backup.deadline.as_secs())?;
        let console = &self.console;
        writeln!(f, "\n[console]\nrecord = {}", console.record)?;
        writeln!(f, "max_mib = {}", console.max_bytes >> 20)?;
        writeln!(f, "keep_days = {}", console.keep.as_secs() / 86_400)?;
        writeln!(f, "\n[firewall]")?;
        show_firewall(&self.firewall, f)?;
        show_audit(&self.audit_log, f)?;
        writeln!(f, "\n[password]\nthreads = {}", self.password_threads)?;
        writeln!(f, "code_days = {}", self.code_lifetime.as_secs() / 86_400)
    }
}

fn show_audit(audit: &Audit, f: &mut Formatter<'_>) -> Result {
    writeln!(f, "\n[audit]\nsign_every_s = {}", audit.sign_every.as_secs())?;
    writeln!(f, "keep_days = {}", audit.keep_days.unwrap_or(0))?;
    writeln!(f, "acts_per_person_s = {}", audit.acts_per_person)?;
    for (key, file) in [("copy", &audit.copy), ("syslog", &audit.syslog)] {
        if let Some(file) = file {
            writeln!(f, "{key} = {}", path(file))?;
        }
    }
    Ok(())
}

fn show_firewall(firewall: &Firewall, f: &mut Formatter<'_>) -> Result {
    writeln!(f, "backend = {}", quoted(firewall.driver.as_str()))?;
    writeln!(f, "outside = {}\ninside = {}", list(&firewall.outside), quoted(&firewall.inside))?;
    writeln!(f, "admission = {}\ncampus = {}", list(&firewall.admission), list(&firewall.campus))?;
    writeln!(f, "first_port = {}\nlast_port = {}", firewall.ports.first, firewall.ports.last)?;
    writeln!(f, "egress = {}\ndns = {}", quoted(&firewall.egress), list(&firewall.dns))?;
    let services = firewall.machine_services.iter().map(|(protocol, port)| format!("{port}/{protocol}"));
    writeln!(f, "machine_services = {}", list(&services.collect::<Vec<_>>()))?;
    writeln!(f, "log_group = {}", firewall.log_group)
}

fn show_engine(engine: &Engine, f: &mut Formatter<'_>) -> Result {
    let (endpoint, project, pool, parent) = match engine {
        Engine::Sim { listen, delay } => {
            let delay = delay.as_millis();
            return writeln!(f, "\n[engine]\ndriver = \"sim\"\nlisten = {listen}\ndelay_ms = {delay}");
        }
        Engine::Incus { endpoint, project, pool, parent } => (endpoint, project, pool, parent),
    };
    writeln!(f, "\n[engine]\ndriver = \"incus\"")?;
    match endpoint {
        Endpoint::Unix(socket) => writeln!(f, "socket = {}", path(socket))?,
        Endpoint::Https { servers, server_certificate, client_certificate, client_key } => {
            writeln!(f, "servers = {}", list(servers))?;
            writeln!(f, "server_certificate = {}", path(server_certificate))?;
            writeln!(f, "client_certificate = {}", path(client_certificate))?;
            writeln!(f, "client_key = {}", path(client_key))?;
        }
    }
    writeln!(f, "project = {}\npool = {}\nparent = {}", quoted(project), quoted(pool), quoted(parent))
}
