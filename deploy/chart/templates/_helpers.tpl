{{/* Names and labels. */}}
{{- define "dreamd.fullname" -}}
{{- if eq .Release.Name "dreamd" }}dreamd{{ else }}{{ printf "%s-dreamd" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "dreamd.labels" -}}
app.kubernetes.io/name: dreamd
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "dreamd.selector" -}}
app.kubernetes.io/name: dreamd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* An image: a dict of image and the tag that an empty one means. */}}
{{- define "dreamd.image" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}{{ else }}{{ .image.repository }}:{{ .image.tag | default .tag }}{{ end }}
{{- end }}

{{/* What every container of ours is denied. */}}
{{- define "dreamd.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* The settings of a house as environment variables: house.zone is DREAMD_HOUSE_ZONE. */}}
{{- define "dreamd.environment" -}}
{{- range $name, $value := . }}
- name: DREAMD_{{ $name | replace "." "_" | upper }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{/* Refuse values that contradict one another, by name: a dict of name, house and root. */}}
{{- define "dreamd.check" -}}
{{- if and (not .house.broker.url) (not .house.broker.sidecar.enabled) }}
{{- fail (printf "house %s has no broker: set houses.%s.broker.url, or broker.sidecar.enabled for a trial" .name .name) }}
{{- end }}
{{- if and .house.broker.url .house.broker.sidecar.enabled }}
{{- fail (printf "house %s has two brokers: leave houses.%s.broker.url out, or the sidecar" .name .name) }}
{{- end }}
{{- if and .house.broker.url (not (hasPrefix "mqtts://" .house.broker.url)) }}
{{- fail (printf "the broker of house %s is elsewhere, and %s has no TLS: write mqtts://" .name .house.broker.url) }}
{{- end }}
{{- if gt (len (printf "%s-%s" (include "dreamd.fullname" .root) .name)) 52 }}
{{- fail (printf "the name of house %s is too long for a StatefulSet: at most 52 characters with the release's" .name) }}
{{- end }}
{{- end }}
