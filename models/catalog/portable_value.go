package catalog

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"runnel/models"
)

// portableValue is a value on its way from a column to a line.
type portableValue struct {
	kind  string
	value any
}

func newPortableValue(kind string) *portableValue { return &portableValue{kind: kind} }

// Scan implements sql.Scanner.
func (v *portableValue) Scan(from any) error {
	v.value = nil
	if from == nil {
		return nil
	}
	switch v.kind {
	case "int":
		return scanAs[int64](v, from)
	case "bool":
		return scanAs[bool](v, from)
	case "float":
		return scanAs[float64](v, from)
	case "bytes":
		return scanAs[[]byte](v, from)
	}
	return scanAs[string](v, from)
}

func scanAs[T any](v *portableValue, from any) error {
	var to sql.Null[T]
	err := to.Scan(from)
	v.value = to.V
	return err
}

// MarshalJSON implements json.Marshaler: bytes in base64; numbers with a
// fraction as text, because JSON has none that is not finite; text without what
// one of the engines cannot hold.
func (v *portableValue) MarshalJSON() ([]byte, error) {
	switch of := v.value.(type) {
	case float64:
		return json.Marshal(strconv.FormatFloat(of, 'g', -1, 64))
	case []byte:
		return json.Marshal(base64.StdEncoding.EncodeToString(of))
	case string:
		return json.Marshal(strings.ReplaceAll(strings.ToValidUTF8(of, "\uFFFD"), "\x00", ""))
	}
	return json.Marshal(v.value)
}

// parsePortable reads a value of a line as an argument of a statement.
func parsePortable(kind string, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch of := v.(type) {
	case json.Number:
		if kind == "int" {
			return strconv.ParseInt(of.String(), 10, 64)
		}
	case bool:
		if kind == "bool" {
			return of, nil
		}
	case string:
		switch kind {
		case "text":
			return of, nil
		case "float":
			return strconv.ParseFloat(of, 64)
		case "bytes":
			raw, err := base64.StdEncoding.DecodeString(of)
			return blob(raw), err
		}
	}
	return nil, fmt.Errorf("%w: a value is no %s", models.ErrCorrupt, kind)
}
