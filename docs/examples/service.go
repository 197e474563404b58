// A service of a site: it plans a Dreamscape, starts it, watches it, and severs it.
//
//	service CREDENTIAL.json DREAMSCAPE [PIN]
package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	dreamapi "github.com/dreamd/dreamd/proto/dreamapi/v1"
)

// The file that `dreamd redeem` makes.
type file struct {
	Server      string   `json:"server"`
	Principal   string   `json:"principal"`
	Credential  string   `json:"credential"`
	Authority   string   `json:"authority"`
	SigningKeys []string `json:"signing_keys"`
	BrokerURL   string   `json:"broker_url"`
	Expires     string   `json:"expires"`
}

// The credential of each call. gRPC refuses to send it without TLS.
type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

// The authority of the file is the only one that is trusted.
func connect(kept file) (*grpc.ClientConn, error) {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(kept.Authority))
	return grpc.Dial(kept.Server,
		grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(trusted, "")),
		grpc.WithPerRPCCredentials(bearer(kept.Credential)))
}

// The reason of a refusal, and the time after which the same call may be made again.
func refusal(err error) (reason string, retry time.Duration) {
	for _, detail := range status.Convert(err).Details() {
		switch one := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = one.Reason
		case *errdetails.RetryInfo:
			retry = time.Duration(one.RetryDelay.Seconds)*time.Second + time.Duration(one.RetryDelay.Nanos)
		}
	}
	return reason, retry
}

// Calls, and calls again as late as the answer says where a rate is exceeded.
func ask[Request, Answer any](
	method func(context.Context, Request, ...grpc.CallOption) (Answer, error), request Request,
) (Answer, error) {
	for {
		ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
		answer, err := method(ctx, request)
		done()
		if _, retry := refusal(err); err == nil || retry == 0 {
			return answer, err
		} else {
			fmt.Println("told to wait")
			time.Sleep(retry)
		}
	}
}

// From half of its life on a credential is renewed; the old one ends with the first use of the new one.
func renew(path string, kept *file) error {
	line, err := connect(*kept)
	if err != nil {
		return err
	}
	defer line.Close()
	access := dreamapi.NewAccessClient(line)
	me, err := ask(access.GetCaller, &dreamapi.GetCallerRequest{})
	if err != nil || time.Now().Unix() < (me.IssueTime.Seconds+me.ExpireTime.Seconds)/2 {
		return err
	}
	fresh, err := ask(access.RenewCredential, &dreamapi.RenewCredentialRequest{})
	if err != nil {
		return err
	}
	kept.Credential, kept.Expires = fresh.Credential, time.Unix(fresh.ExpireTime.Seconds, 0).UTC().Format(time.RFC3339)
	text, _ := json.Marshal(kept)
	if err := os.WriteFile(path+".fresh", text, 0o600); err != nil {
		return err
	}
	fmt.Println("renewed")
	return os.Rename(path+".fresh", path)
}

func night(kept file, name string) error {
	line, err := connect(kept)
	if err != nil {
		return err
	}
	defer line.Close()
	dreams := dreamapi.NewDreamscapesClient(line)
	listed, err := ask(dreams.ListDreamscapes, &dreamapi.ListDreamscapesRequest{})
	if err != nil {
		return err
	}
	for _, one := range listed.Dreamscapes {
		fmt.Println("there is", one.Name)
	}
	plan := &dreamapi.Plan{SeatsMin: 3, SeatsMax: 8}
	// Once is enough: a repeated request id is answered as before, and done once.
	for time := 0; time < 2; time++ {
		request := &dreamapi.CreateDreamscapeRequest{DreamscapeId: name, Plan: plan, RequestId: "plan-" + name}
		if _, err := ask(dreams.CreateDreamscape, request); err != nil {
			return err
		}
	}
	of := "dreamscapes/" + name
	if _, err := ask(dreams.StartDreamscape, &dreamapi.StartDreamscapeRequest{Name: of, RequestId: "start-" + name}); err != nil {
		return err
	}
	for {
		err := watch(dreams, of)
		_, retry := refusal(err)
		if retry == 0 {
			return err
		}
		fmt.Println("told to wait")
		time.Sleep(retry)
	}
}

// Severs after three ticks, and watches on until the stream ends.
func watch(dreams dreamapi.DreamscapesClient, of string) error {
	ticks, err := dreams.WatchCollective(context.Background(), &dreamapi.WatchCollectiveRequest{Name: of, OmitSeats: true})
	if err != nil {
		return err
	}
	for seen := 1; ; seen++ {
		tick, err := ticks.Recv()
		if err != nil {
			return err
		}
		fmt.Println("tick", tick.Tick)
		if seen == 3 {
			severed, err := ask(dreams.SeverDreamscape, &dreamapi.SeverDreamscapeRequest{Name: of, Reason: "enough seen"})
			if err != nil {
				return err
			}
			fmt.Println("severed", severed.Zeroed, "unconfirmed", len(severed.Unconfirmed))
		}
	}
}

func run(path, name, pin string) error {
	var kept file
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return err
	}
	block, _ := pem.Decode([]byte(kept.Authority))
	if block == nil {
		return fmt.Errorf("%s holds no authority", path)
	}
	digest := sha256.Sum256(block.Bytes)
	if pin != "" && hex.EncodeToString(digest[:16]) != pin {
		fmt.Println("the file is of another authority")
		os.Exit(2)
	}
	if err := renew(path, &kept); err != nil {
		return err
	}
	return night(kept, name)
}

func main() {
	arguments := append(os.Args[1:], "", "", "")
	err := run(arguments[0], arguments[1], arguments[2])
	if reason, _ := refusal(err); reason == "CREDENTIAL_REVOKED" {
		fmt.Println("revoked:", status.Convert(err).Message())
		os.Exit(3)
	} else if err != nil && err.Error() != "EOF" {
		fmt.Println(err)
		os.Exit(1)
	}
}
