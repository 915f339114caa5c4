package console

// AgentFile is the file in a home that says how the command line reaches its agent. Only
// its owner may read it.
const AgentFile = "agent.json"

// An Agent is the content of AgentFile.
type Agent struct {
	Address string `json:"address"` // of the unix socket or named pipe
	Token   string `json:"token"`
	PID     int    `json:"pid"`
}
