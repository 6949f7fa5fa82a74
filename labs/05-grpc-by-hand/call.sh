# One gRPC call by curl: the frame comes on standard input, headers and trailers go to standard error of curl, the body to answer.bin.
curl --silent --http2-prior-knowledge --unix-socket grpc.sock --header 'content-type: application/grpc' --header 'te: trailers' \
  --data-binary @- --output answer.bin --dump-header headers.txt "http://lab/${1:-lab.Greeter/Hello}"
tr -d '\r' < headers.txt | grep '^grpc-'
