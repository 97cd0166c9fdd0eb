"""The Amazon Rekognition dialect: service model 2016-06-27, the face operations, for unmodified AWS SDKs."""
