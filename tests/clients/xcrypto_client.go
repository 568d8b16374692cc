// Go's x/crypto: puerta, a machine behind it, a file there and back.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func run(client *ssh.Client, command string, input []byte) (int, []byte) {
	session, err := client.NewSession()
	must(err)
	defer session.Close()
	session.Stdin = bytes.NewReader(input)
	out, err := session.Output(command)
	var exit *ssh.ExitError
	if errors.As(err, &exit) {
		return exit.ExitStatus(), out
	}
	must(err)
	return 0, out
}

func main() {
	text, err := os.ReadFile(os.Getenv("KEY"))
	must(err)
	key, err := ssh.ParsePrivateKey(text)
	must(err)
	known, err := knownhosts.New(os.Getenv("KNOWN"))
	must(err)
	withKey := []ssh.AuthMethod{ssh.PublicKeys(key)}
	proof := withKey
	if password := os.Getenv("PASSWORD"); password != "" {
		answer := func(_, _ string, prompts []string, _ []bool) ([]string, error) {
			answers := make([]string, len(prompts))
			for i := range prompts {
				answers[i] = os.Getenv("CODE")
			}
			return answers, nil
		}
		proof = []ssh.AuthMethod{ssh.Password(password), ssh.KeyboardInteractive(answer)}
	}

	fmt.Println("version", "x/crypto")
	at := "127.0.0.1:" + os.Getenv("PORT")
	door, err := ssh.Dial("tcp", at, &ssh.ClientConfig{User: "alumno1", Auth: proof, HostKeyCallback: known})
	must(err)
	status, said := run(door, "vm list --json", nil)
	var machines []struct{ Name string }
	must(json.Unmarshal(said, &machines))
	fmt.Println("door", status, machines[0].Name)

	tunnel, err := door.Dial("tcp", "web1:22")
	must(err)
	inner := &ssh.ClientConfig{User: "root", Auth: withKey, HostKeyCallback: known}
	conn, channels, requests, err := ssh.NewClientConn(tunnel, "web1:22", inner)
	must(err)
	machine := ssh.NewClient(conn, channels, requests)
	status, said = run(machine, "echo hola; exit 7", nil)
	fmt.Println("machine", status, strings.TrimSpace(string(said)))

	dir := os.Getenv("DIR")
	file, err := os.ReadFile(dir + "/in")
	must(err)
	run(machine, "cat >"+dir+"/there", file)
	_, said = run(machine, "cat "+dir+"/there", nil)
	must(os.WriteFile(dir+"/back", said, 0o600))
}
