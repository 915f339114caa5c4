module weir

go 1.26

ignore ./frontend/node_modules

require github.com/shopspring/decimal v1.6.0 // indirect
