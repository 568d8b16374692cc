# Net-SSH: puerta, a machine behind it, a file there and back.
require 'json'
require 'net/ssh'
require 'net/scp'

# Who is asked for the code.
class Answer
  def start(_info) = self
  def ask(prompt, _echo = true) = prompt.include?('Verification') ? ENV['CODE'] : ENV['PASSWORD']
  def success; end
end

usual = { config: false, use_agent: false, timeout: 10,
          verify_host_key: :always, user_known_hosts_file: ENV['KNOWN'] }
key = { keys: [ENV['KEY']], keys_only: true, non_interactive: true, auth_methods: ['publickey'] }
secret = { keys: [], password: ENV['PASSWORD'], auth_methods: %w[password keyboard-interactive] }
proof = ENV['PASSWORD'] ? { **secret, password_prompt: Answer.new, number_of_password_prompts: 1 } : key

def run(session, command)
  status = {}
  text = session.exec!(command, status: status)
  [status[:exit_code], text]
end

door = Net::SSH.start('127.0.0.1', 'alumno1', **usual, **proof, port: ENV['PORT'].to_i)
status, text = run(door, 'vm list --json')
puts "door #{status} #{JSON.parse(text)[0]['name']}"
puts "version #{Net::SSH::Version::STRING}, #{door.transport.algorithms.kex}"

door.forward.local('127.0.0.1', 0, 'web1', 22)
port = door.forward.active_locals[0][0]
going = true
carrier = Thread.new { door.loop(0.02) { going } }
machine = Net::SSH.start('127.0.0.1', 'root', **usual, **key, port: port, host_key_alias: 'web1')
status, text = run(machine, 'echo hola; exit 7')
puts "machine #{status} #{text.strip}"
machine.scp.upload!("#{ENV['DIR']}/in", "#{ENV['DIR']}/there")
machine.scp.download!("#{ENV['DIR']}/there", "#{ENV['DIR']}/back")
machine.close
going = false
carrier.join
door.close
