module github.com/mom-router/mom-router/e2e/envoygateway

go 1.26.0
